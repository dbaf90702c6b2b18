/** Commits made and read without a work tree: a private index, so that any number of writers share one repository. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  const ids = await writeBlobs(repository, options.changes);
  const lines = [...options.changes.keys()].map((file) => {
    const id = ids.get(file);
    return id === undefined ? `0 ${'0'.repeat(40)}\t${file}` : `100644 ${id}\t${file}`;
  });
  const tree = await composeTree(repository, options.base, lines);
  return commitTree(repository, tree, options.parents ?? [options.base], options.message, options.timeUs);
}

/** Stores the bytes of every file that is not removed, in one Git process, and returns their ids. */
async function writeBlobs(repository: string, changes: Changes): Promise<Map<string, string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-blobs-'));
  try {
    const kept = [...changes].filter((change): change is [string, Uint8Array] => change[1] !== null);
    const input = kept.map(([, bytes], index) => {
      const at = path.join(folder, String(index));
      writeFileSync(at, bytes);
      return `${at}\n`;
    });
    const args = ['hash-object', '-w', '--no-filters', '--stdin-paths'];
    const ids = (await git(repository, args, { input: input.join('') })).split('\n');
    return new Map(kept.map(([file], index) => [file, ids[index] as string]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
  return git(repository, ['mktag'], { input: tagText(commit, name, message, timeUs) });
}

/** The tag object's bytes: they follow from what it says, so that no other tag can say the same. */
export function tagText(commit: string, name: string, message: string, timeUs: number): string {
  const tagger = `${identity.name} <${identity.email}> ${Math.floor(timeUs / 1e6)} +0000`;
  return `object ${commit}\ntype commit\ntag ${name}\ntagger ${tagger}\n\n${message}\n`;
}

export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Objects by name (an id, or `commit:path`), in one Git process; undefined for a name that names nothing. */
export async function readObjects(repository: string, names: readonly string[]): Promise<(GitObject | undefined)[]> {
  const input = `${names.join('\n')}\n`;
  const output = await gitBytes(repository, ['cat-file', '--batch'], { input });
  const found: (GitObject | undefined)[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const header = output.toString('utf8', at, end);
    at = end + 1;
    const match = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(header);
    if (match === null) {
      found.push(undefined);
      continue;
    }
    const [, id, type, size] = match as unknown as [string, string, string, string];
    found.push({ id, type, bytes: output.subarray(at, at + Number(size)) });
    at += Number(size) + 1;
  }
  if (found.length !== names.length)
    throw new Error(`git cat-file: gave ${found.length} answers to ${names.length} names`);
  return found;
}

/** The bytes of a file at a commit, or undefined when there is no such file. */
export async function readAt(repository: string, commit: string, file: string): Promise<Buffer | undefined> {
  const [found] = await readObjects(repository, [`${commit}:${file}`]);
  return found?.type === 'blob' ? found.bytes : undefined;
}

/** Object ids of the files under folders (or of files themselves) at a commit, by path. */
export async function idsAt(
  repository: string,
  commit: string,
  folders: readonly string[],
): Promise<Map<string, string>> {
  const listed = await git(repository, ['ls-tree', '-r', '-z', commit, '--', ...folders]);
  const lines = listed.split('\0').filter((line) => line !== '');
  return new Map(
    lines.map((line) => [
      line.slice(line.indexOf('\t') + 1),
      line.slice(0, line.indexOf('\t')).split(' ')[2] as string,
    ]),
  );
}

/** Paths of the files under folders (or files themselves) at a commit. */
export async function listAt(repository: string, commit: string, folders: readonly string[]): Promise<string[]> {
  return [...(await idsAt(repository, commit, folders)).keys()];
}

/** Bytes of files whose object ids are known, in one Git process. */
export async function readFiles(repository: string, ids: ReadonlyMap<string, string>): Promise<Map<string, Buffer>> {
  if (ids.size === 0) return new Map();
  const objects = await readObjects(repository, [...ids.values()]);
  return new Map([...ids.keys()].map((file, index) => [file, (objects[index] as GitObject).bytes]));
}

/** Files under folders at a commit, with their bytes; a link in Git is its text here. */
export async function filesAt(
  repository: string,
  commit: string,
  folders: readonly string[],
): Promise<Map<string, Buffer>> {
  return readFiles(repository, await idsAt(repository, commit, folders));
}

/** Writes files of a commit under `target`. */
export async function exportAt(
  repository: string,
  commit: string,
  folders: readonly string[],
  target: string,
): Promise<void> {
  for (const [file, bytes] of await filesAt(repository, commit, folders)) {
    const at = path.join(target, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, bytes);
  }
}

export async function isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean> {
  return (await gitResult(repository, ['merge-base', '--is-ancestor', ancestor, descendant])).status === 0;
}
