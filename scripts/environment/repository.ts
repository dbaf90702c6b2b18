/**
 * The environment's repository: a bare repository that stands for the team's remote, and a private clone, without a work
 * tree, in which commits are prepared before they are pushed.
 *
 * `main` moves by fast-forward pushes alone. A writer builds on the head it saw, pushes, and starts again from the new
 * head when another was faster: compare-and-swap, with a bound.
 */
import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';
import { sleepMs } from '../../runtime/clock.ts';
import { git, gitResult } from './git.ts';

export const branch = 'main';
const attemptsMax = 12;

export interface EnvironmentRepository {
  /** Path or URL of the remote. */
  readonly remote: string;
  /** Private bare clone in which objects are made. */
  readonly work: string;
}

/** A text without the credentials that a URL in it may carry. */
export function addressOf(text: string): string {
  return text.replaceAll(/\/\/[^/@\s]+@/g, '//');
}

/** What a writer wants pushed, all or nothing, or an outcome without a push. */
export type Plan<T> =
  | { readonly push: { readonly head: string; readonly refs?: readonly string[] }; readonly outcome: T }
  | { readonly push?: never; readonly outcome: T };

/** Makes an empty bare repository that refuses forced pushes and deletions; appears whole or not at all. */
export async function createBare(
  directory: string,
  fill: (repository: string) => Promise<void> = async () => undefined,
): Promise<void> {
  const made = `${directory}.${process.pid}.new`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  try {
    await git(made, ['init', '-q', '--bare', '--template=', `--initial-branch=${branch}`]);
    appendFileSync(
      path.join(made, 'config'),
      '[receive]\n\tdenyNonFastForwards = true\n\tdenyDeletes = true\n\tshallowUpdate = true\n',
    );
    await fill(made);
    if (!existsSync(directory)) renameSync(made, directory);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** The repository whose remote is `remote`, with its private clone at `work`. */
export async function attach(remote: string, work: string): Promise<EnvironmentRepository> {
  if (!existsSync(work)) await createBare(work);
  return { remote, work };
}

/** Object id of a ref of the remote, or undefined. */
export async function remoteRef(repository: EnvironmentRepository, ref: string): Promise<string | undefined> {
  const listed = await asked(repository, ref);
  const line = listed.split('\n').find((candidate) => candidate.endsWith(`\t${ref}`));
  return line?.split('\t')[0];
}

/** Object ids of the remote's refs that match a pattern such as `refs/tags/v*`, by name; peeled tags are left out. */
export async function remoteRefs(
  repository: EnvironmentRepository,
  pattern: string,
): Promise<ReadonlyMap<string, string>> {
  const listed = await asked(repository, pattern);
  const lines = listed.split('\n').filter((line) => line !== '' && !line.endsWith('^{}'));
  return new Map(lines.map((line) => line.split('\t').reverse() as [string, string]));
}

/** What the remote answers about its refs. @throws Error in the remote's own words when it cannot be asked */
async function asked({ work, remote }: EnvironmentRepository, pattern: string): Promise<string> {
  const listed = await gitResult(work, ['ls-remote', remote, pattern]);
  if (listed.status === 0) return listed.stdout.toString('utf8').replace(/\n$/, '');
  const words = listed.stderr.split('\n').find((line) => line.startsWith('fatal:')) ?? listed.stderr;
  throw new Error(
    `${addressOf(remote)}: cannot be reached (${addressOf(words)}); nothing was changed, try again when it answers`,
  );
}

/**
 * The head of a branch of the remote, its objects fetched.
 * @throws Error when there is no such branch, or its history no longer holds what was seen there before
 */
export async function fetchHead(repository: EnvironmentRepository, name = branch): Promise<string> {
  const ref = `refs/heads/${name}`;
  const head = await remoteRef(repository, ref);
  if (head === undefined) throw new InputError(`${addressOf(repository.remote)}: has no branch ${name}`);
  const seen = `refs/emp/seen/${ref}`;
  const before = (await gitResult(repository.work, ['rev-parse', '-q', '--verify', seen])).stdout.toString().trim();
  await fetchRef(repository, ref, head);
  if (before === '' || before === head) return head;
  if ((await gitResult(repository.work, ['merge-base', '--is-ancestor', before, head])).status === 0) {
    await gitResult(repository.work, ['update-ref', seen, head]);
    return head;
  }
  // A writer beside us may have noted a head that is newer than the one we were told.
  if ((await gitResult(repository.work, ['merge-base', '--is-ancestor', head, before])).status === 0) return head;
  throw new InputError(
    `${addressOf(repository.remote)}: branch ${name} was rewritten (${head.slice(0, 12)} does not follow ${before.slice(0, 12)}, seen before); ` +
      `only new commits are allowed: find out who forced it, or remove ${repository.work} to accept it`,
  );
}

/** Brings the objects of a remote ref, whose id is `id`, into the private clone. */
export async function fetchRef(repository: EnvironmentRepository, ref: string, id: string): Promise<void> {
  if ((await gitResult(repository.work, ['cat-file', '-e', id])).status === 0) return;
  const args = ['fetch', '-q', '--no-tags', '--no-write-fetch-head', '--update-shallow', repository.remote, ref];
  await git(repository.work, args);
  // A ref of our own lets the next fetch bring only what is new. Losing a race for it costs a larger fetch, no more.
  await gitResult(repository.work, ['update-ref', `refs/emp/seen/${ref}`, id]);
}

/** Like `fetchRef` of many refs, with one fetch for all that are not here yet. */
export async function fetchRefs(repository: EnvironmentRepository, refs: ReadonlyMap<string, string>): Promise<void> {
  if (refs.size === 0) return;
  const input = [...refs.values()].map((id) => `${id}\n`).join('');
  const checked = (await git(repository.work, ['cat-file', '--batch-check'], { input })).split('\n');
  const absent = [...refs.keys()].filter((_, index) => checked[index]?.endsWith(' missing'));
  if (absent.length === 0) return;
  const wanted = absent.map((ref) => `+${ref}:refs/emp/seen/${ref}`);
  const args = ['fetch', '-q', '--no-tags', '--no-write-fetch-head', '--update-shallow', '--stdin', repository.remote];
  await git(repository.work, args, { input: wanted.map((ref) => `${ref}\n`).join('') });
}

/** Makes a branch of the remote. @returns false when there is one of that name already */
export async function createBranch(repository: EnvironmentRepository, name: string, head: string): Promise<boolean> {
  const ref = `refs/heads/${name}`;
  const args = ['push', '-q', '--no-verify', `--force-with-lease=${ref}:`, repository.remote, `${head}:${ref}`];
  const pushed = await gitResult(repository.work, args);
  if (pushed.status === 0) return true;
  if ((await remoteRef(repository, ref)) !== undefined) return false;
  throw new Error(`${addressOf(repository.remote)}: push was refused: ${addressOf(pushed.stderr)}`);
}

/**
 * Runs `plan` on the remote's `main`, or on another branch, and pushes what it wants in one atomic push; runs it again on the new head when
 * another writer was faster. Throws after 12 attempts, or at once when the remote refuses for another reason.
 */
export async function transact<T>(
  repository: EnvironmentRepository,
  plan: (base: string) => Promise<Plan<T>>,
  name = branch,
): Promise<T> {
  const ref = `refs/heads/${name}`;
  let refusal = '';
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const base = await fetchHead(repository, name);
    const planned = await plan(base);
    if (planned.push === undefined) return planned.outcome;

    const { head, refs = [] } = planned.push;
    const args = ['push', '-q', '--atomic', '--no-verify', repository.remote, `${head}:${ref}`, ...refs];
    const pushed = await gitResult(repository.work, args);
    if (pushed.status === 0) {
      // What we pushed was seen there: a remote that loses it again was rewritten.
      await gitResult(repository.work, ['update-ref', `refs/emp/seen/${ref}`, head]);
      return planned.outcome;
    }
    refusal = pushed.stderr;
    const raced = (await remoteRef(repository, ref)) !== base || /lock|fast-forward|fetch first/i.test(refusal);
    if (!raced) throw new Error(`${addressOf(repository.remote)}: push was refused: ${addressOf(refusal)}`);
    await sleepMs(15 * attempt);
  }
  throw new Error(
    `${addressOf(repository.remote)}: other writers were faster ${attemptsMax} times in a row: ${addressOf(refusal)}`,
  );
}
