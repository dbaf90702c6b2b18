/**
 * The environment's repository made from this checkout, and taken forward when the checkout moves on.
 *
 * One rule decides what an upgrade changes: a file that the environment changed since the product version it stands on
 * (pointer, approved policies, evidence, ledger, edited limits) stays the environment's; every other file becomes the
 * product's.
 */

import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';
import type { Clock } from '../../runtime/clock.ts';
import { git, gitResult } from './git.ts';
import {
  attach,
  branch,
  createBare,
  type EnvironmentRepository,
  fetchHead,
  remoteRef,
  transact,
} from './repository.ts';
import { commitTree, composeTree } from './tree.ts';

/** Ref of the environment's repository that names the product commit it stands on. */
export const productRef = 'refs/emp/product';

export interface OpenOptions {
  /** Root of the product's Git checkout. */
  readonly checkout: string;
  /** State folder; the repositories lie in it as `environment.git` and `work.git`. */
  readonly state: string;
  readonly clock: Clock;
}

export interface Opened {
  readonly repository: EnvironmentRepository;
  readonly made: boolean;
  /** Merge commit that took the environment to the checkout's HEAD, when it stood on another. */
  readonly upgradedBy: string | undefined;
  /** What a person should know: ignored changes, files kept against the product's. */
  readonly notices: readonly string[];
}

/** Opens the environment's repository under `state`, making or upgrading it first. Throws when the checkout is no Git checkout. */
export async function openEnvironment({ checkout, state, clock }: OpenOptions): Promise<Opened> {
  const product = await productHead(checkout);
  const remote = path.join(state, 'environment.git');
  mkdirSync(state, { recursive: true });
  const made = !existsSync(remote);
  if (made) {
    await createBare(remote, async (repository) => {
      await fetchProduct(repository, checkout, product);
      await git(repository, ['update-ref', `refs/heads/${branch}`, product]);
      await git(repository, ['update-ref', productRef, product]);
    });
  }
  const repository = await attach(remote, path.join(state, 'work.git'));
  const notices = await uncommitted(checkout);
  const before = await remoteRef(repository, productRef);
  if (before === undefined)
    throw new InputError(`${remote}: lacks ${productRef}, a repository made by \`up\` is allowed`);
  if (before === product) return { repository, made, upgradedBy: undefined, notices };

  await fetchProduct(repository.work, checkout, product);
  const upgrade = await transact(repository, async (base) => {
    const { commit, kept } = await mergeProduct(repository.work, base, before, product, clock.nowUs());
    return { push: { head: commit, refs: [`+${product}:${productRef}`] }, outcome: { commit, kept } };
  });
  const kept = upgrade.kept.map(
    (file) => `${file}: changed by the product and by the environment; the environment's stays`,
  );
  return { repository, made, upgradedBy: upgrade.commit, notices: [...notices, ...kept] };
}

/** The repository under a state folder that exists already. Throws with the fix when there is none. */
export async function existingEnvironment(state: string): Promise<EnvironmentRepository> {
  const remote = path.join(state, 'environment.git');
  if (!existsSync(remote)) throw new InputError(`${remote}: does not exist; run \`npm run up\` first, which makes it`);
  const repository = await attach(remote, path.join(state, 'work.git'));
  await fetchHead(repository);
  return repository;
}

/** Why this Git cannot be used, from what `git version` says; undefined when it can. */
export function gitTooOld(version: string): string | undefined {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  if (major !== undefined && minor !== undefined && (major > 2 || (major === 2 && minor >= 30))) return undefined;
  return `git: version is too old (${version}), at least 2.30 is allowed`;
}

async function productHead(checkout: string): Promise<string> {
  const tooOld = gitTooOld(await git('.', ['version']));
  if (tooOld !== undefined) throw new InputError(tooOld);
  const fix = 'clone the repository with `git clone`, or run `git init && git add . && git commit -m import` in it';
  const top = await gitResult(checkout, ['rev-parse', '--show-toplevel'], { asUser: true });
  const actual = top.status === 0 ? top.stdout.toString('utf8').trim() : top.stderr;
  if (top.status !== 0 || realpathSync(actual) !== realpathSync(checkout)) {
    throw new InputError(`${checkout}: is not the root of a Git checkout (${actual}); ${fix}`);
  }
  const head = await gitResult(checkout, ['rev-parse', '--verify', 'HEAD^{commit}'], { asUser: true });
  if (head.status !== 0) throw new InputError(`${checkout}: has no commit (${head.stderr}); ${fix}`);
  return head.stdout.toString('utf8').trim();
}

async function fetchProduct(repository: string, checkout: string, product: string): Promise<void> {
  const args = [
    'fetch',
    '-q',
    '--no-tags',
    '--no-write-fetch-head',
    '--update-shallow',
    path.resolve(checkout),
    'HEAD',
  ];
  await git(repository, args, { asUser: true });
  await gitResult(repository, ['update-ref', 'refs/emp/seen/product', product]);
}

async function uncommitted(checkout: string): Promise<string[]> {
  const status = await git(checkout, ['status', '--porcelain', '-z', '--no-renames'], { asUser: true });
  const files = status.split('\0').filter((line) => line !== '');
  if (files.length === 0) return [];
  const names = files.slice(0, 3).map((line) => line.slice(3));
  const more = files.length > names.length ? ` and ${files.length - names.length} more` : '';
  return [`${files.length} uncommitted change(s) are ignored: ${names.join(', ')}${more}`];
}

interface Change {
  readonly mode: string;
  readonly id: string;
  readonly file: string;
}

async function changes(repository: string, from: string, to: string): Promise<Change[]> {
  const listed = await git(repository, ['diff-tree', '-r', '-z', '--no-renames', from, to]);
  const fields = listed.split('\0');
  const found: Change[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode = '', , id = ''] = (fields[index] as string).split(' ');
    found.push({ mode, id, file: fields[index + 1] as string });
  }
  return found;
}

async function mergeProduct(
  repository: string,
  base: string,
  before: string,
  product: string,
  timeUs: number,
): Promise<{ commit: string; kept: string[] }> {
  const ours = await changes(repository, before, base);
  const theirs = new Map((await changes(repository, before, product)).map((change) => [change.file, change.id]));
  const lines = ours.map(({ mode, id, file }) => `${mode === '000000' ? '0' : mode} ${id}\t${file}`);
  const tree = await composeTree(repository, product, lines);
  const message = [
    `Take the product forward to ${product.slice(0, 12)}`,
    '',
    'What this environment changed since the product version it stood on stays:',
    ...ours.map(({ file }) => `  ${file}`),
  ].join('\n');
  const commit = await commitTree(repository, tree, [base, product], message, timeUs);
  return {
    commit,
    kept: ours.filter(({ file, id }) => theirs.has(file) && theirs.get(file) !== id).map(({ file }) => file),
  };
}
