/** Commits made and read without a work tree: a private index, so that any number of writers share one repository. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { git, gitBytes, gitResult } from './git.ts';

/** Path from the repository's root → new bytes, or null to remove the file. */
export type Changes = ReadonlyMap<string, Uint8Array | null>;

export interface CommitOptions {
  /** Commit whose tree the changes apply to. */
  readonly base: string;
  /** Default: the base alone. */
  readonly parents?: readonly string[];
  readonly changes: Changes;
  readonly message: string;
  readonly timeUs: number;
}

/** Who writes environment commits. What a person decided is said in the message and signed in the statements. */
const identity = { name: 'EMP', email: 'emp@localhost' };

let indexes = 0;

/** Writes a commit that no ref points to yet, and returns its id. */
export async function commitFiles(repository: string, options: CommitOptions): Promise<string> {
  const lines: string[] = [];
  for (const [file, bytes] of options.changes) {
    if (bytes === null) lines.push(`0 ${'0'.repeat(40)}\t${file}`);
    else lines.push(`100644 ${await git(repository, ['hash-object', '-w', '--stdin'], { input: bytes })}\t${file}`);
  }
  const tree = await composeTree(repository, options.base, lines);
  return commitTree(repository, tree, options.parents ?? [options.base], options.message, options.timeUs);
}

/** The tree of `base` with `indexLines` ("mode id TAB path", mode 0 removes) applied. */
export async function composeTree(repository: string, base: string, indexLines: readonly string[]): Promise<string> {
  const index = path.join(repository, `emp-index-${process.pid}-${indexes++}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git(repository, ['read-tree', base], { env });
    if (indexLines.length > 0) {
      const input = `${indexLines.join('\0')}\0`;
      await git(repository, ['update-index', '-z', '--index-info'], { env, input });
    }
    return await git(repository, ['write-tree'], { env });
  } finally {
    rmSync(index, { force: true });
  }
}

export function commitTree(
  repository: string,
  tree: string,
  parents: readonly string[],
  message: string,
  timeUs: number,
): Promise<string> {
  const date = `@${Math.floor(timeUs / 1e6)} +0000`;
  const env = {
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
    GIT_COMMITTER_DATE: date,
  };
  const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'];
  return git(repository, args, { env, input: message.endsWith('\n') ? message : `${message}\n` });
}

/** Writes an annotated tag object on a commit, without a ref, and returns its id. */
export function tagObject(
  repository: string,
  commit: string,
  name: string,
  message: string,
  timeUs: number,
): Promise<string> {
  const tagger = `${identity.name} <${identity.email}> ${Math.floor(timeUs / 1e6)} +0000`;
  const input = `object ${commit}\ntype commit\ntag ${name}\ntagger ${tagger}\n\n${message}\n`;
  return git(repository, ['mktag'], { input });
}

/** The bytes of a file at a commit, or undefined when it is not there. */
export async function readAt(repository: string, commit: string, file: string): Promise<Buffer | undefined> {
  const listed = await git(repository, ['ls-tree', '-z', commit, '--', file]);
  const match = /^\d+ blob ([0-9a-f]+)\t/.exec(listed);
  return match === null ? undefined : gitBytes(repository, ['cat-file', 'blob', match[1] as string]);
}

/** Paths of the files under a folder (or the file itself) at a commit. */
export async function listAt(repository: string, commit: string, folder: string): Promise<string[]> {
  const listed = await git(repository, ['ls-tree', '-r', '-z', '--name-only', commit, '--', folder]);
  return listed.split('\0').filter((file) => file !== '');
}

/** Writes files of a commit under `target`, as plain files whatever their mode: a link in Git is text here. */
export async function exportAt(
  repository: string,
  commit: string,
  folders: readonly string[],
  target: string,
): Promise<void> {
  for (const folder of folders) {
    for (const file of await listAt(repository, commit, folder)) {
      const at = path.join(target, file);
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, (await readAt(repository, commit, file)) as Buffer);
    }
  }
}

/** Id of a folder's tree at a commit. Throws when there is no such folder. */
export function treeIdAt(repository: string, commit: string, folder: string): Promise<string> {
  return git(repository, ['rev-parse', '--verify', `${commit}:${folder}`]);
}

export async function isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean> {
  return (await gitResult(repository, ['merge-base', '--is-ancestor', ancestor, descendant])).status === 0;
}
