import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { SimulatedClock } from '../../runtime/clock.ts';
import { limitsPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { git } from './git.ts';
import { existingEnvironment, gitTooOld, openEnvironment } from './product.ts';
import { fetchHead } from './repository.ts';
import {
  commitAll,
  folderFor,
  intrude,
  mustPromote,
  productIn,
  promotedScratch,
  scratch,
  writeProduct,
} from './scratch.ts';
import { listAt, readAt } from './tree.ts';
import { localTrust } from './trust.ts';
import { verifyEnvironment } from './verify.ts';

const clock = new SimulatedClock(1_700_000_000_000_000);

test('made from HEAD: the same commit, and a second opening changes nothing', async (t) => {
  const root = folderFor(t);
  const checkout = await productIn(path.join(root, 'product'));
  const state = path.join(root, 'state');
  const opened = await openEnvironment({ checkout, state, clock });
  t.true(opened.made);
  t.deepEqual(opened.notices, []);
  t.is(await fetchHead(opened.repository), await git(checkout, ['rev-parse', 'HEAD']));
  const again = await openEnvironment({ checkout, state, clock });
  t.false(again.made);
  t.is(again.upgradedBy, undefined);
});

test('a dirty tree works, and what is ignored is said', async (t) => {
  const root = folderFor(t);
  const checkout = await productIn(path.join(root, 'product'));
  writeProduct(checkout, { 'runtime/main.ts': 'export const version = 99;\n', 'new.txt': 'x' });
  const { repository, notices } = await openEnvironment({ checkout, state: path.join(root, 'state'), clock });
  t.deepEqual(notices, ['2 uncommitted change(s) are ignored: runtime/main.ts, new.txt']);
  const head = await fetchHead(repository);
  t.is(String(await readAt(repository.work, head, 'runtime/main.ts')), 'export const version = 1;\n');
  t.is(await readAt(repository.work, head, 'new.txt'), undefined);
});

test('a detached HEAD and a shallow clone work', async (t) => {
  const root = folderFor(t);
  const origin = await productIn(path.join(root, 'origin'));
  writeProduct(origin, { 'README.md': 'product 2\n' });
  await commitAll(origin, 'product 2');
  const checkout = path.join(root, 'shallow');
  await git(root, ['clone', '-q', '--depth', '1', `file://${origin}`, checkout]);
  await git(checkout, ['checkout', '-q', '--detach']);
  const state = path.join(root, 'state');
  const trust = localTrust(state);
  const { repository } = await openEnvironment({ checkout, state, clock });
  const at = { root, checkout, state, clock, repository, ...trust };
  await mustPromote(at, 'a');
  writeProduct(checkout, { 'README.md': 'product 3\n' });
  await commitAll(checkout, 'product 3');
  t.not((await openEnvironment({ checkout, state, clock })).upgradedBy, undefined);
  const report = await verifyEnvironment(repository, 'local', trust.trustPath);
  t.deepEqual(report.problems, []);
  t.is(String(await readAt(repository.work, report.head, 'README.md')), 'product 3\n');
});

test('an upgrade takes the product forward and keeps what is the environment’s own', async (t) => {
  const {
    at,
    promoted: { slot },
  } = await promotedScratch(t);
  const { checkout, repository } = at;
  const before = await fetchHead(repository);
  writeProduct(checkout, { 'README.md': 'product 2\n', 'docs/new.md': 'new\n' });
  rmSync(path.join(checkout, pointerPath('local')));
  await commitAll(checkout, 'product 2');

  const { upgradedBy, notices } = await openEnvironment(at);
  const head = await fetchHead(repository);
  t.is(head, upgradedBy as string);
  t.deepEqual(notices, [
    `${pointerPath('local')}: changed by the product and by the environment; the environment's stays`,
  ]);
  const product = await git(checkout, ['rev-parse', 'HEAD']);
  t.is(await git(repository.work, ['log', '-1', '--format=%P', head]), `${before} ${product}`);
  const changed = await git(repository.work, ['diff-tree', '-r', '--name-only', before, head]);
  t.deepEqual(changed.split('\n'), ['README.md', 'docs/new.md'], 'nothing of the environment changed');
  const report = await verifyEnvironment(repository, 'local', at.trustPath);
  t.deepEqual(report.problems, []);
  t.deepEqual(report.slot, slot);
});

test('an upgrade of the runtime makes a new slot, which is not approved until it is promoted', async (t) => {
  const { at, promoted: old } = await promotedScratch(t);
  writeProduct(at.checkout, { 'runtime/main.ts': 'export const version = 2;\n' });
  await commitAll(at.checkout, 'product 2');
  await openEnvironment(at);
  const report = await verifyEnvironment(at.repository, 'local', at.trustPath);
  t.deepEqual(
    [...new Set(report.problems.map(({ problem }) => problem))],
    ['image differs from the one promoted', 'approves another image', 'signs something else'],
  );
  const renewed = await mustPromote(at, 'a');
  t.is(renewed.slot.policy, old.slot.policy);
  t.not(renewed.slot.image, old.slot.image);
  t.deepEqual((await verifyEnvironment(at.repository, 'local', at.trustPath)).problems, []);
});

test('limits that the environment edited survive an upgrade that edits them too', async (t) => {
  const at = await scratch(t);
  await intrude(at, async () => new Map([[limitsPath('local'), Buffer.from('maxOpenOrders: 2\n')]]));
  writeProduct(at.checkout, { 'environments/local/limits.yaml': 'maxOpenOrders: 9\n' });
  await commitAll(at.checkout, 'product 2');
  const { notices } = await openEnvironment(at);
  t.regex(notices[0] ?? '', /^environments\/local\/limits.yaml: changed by the product and by the environment/);
  const head = await fetchHead(at.repository);
  t.is(String(await readAt(at.repository.work, head, limitsPath('local'))), 'maxOpenOrders: 2\n');
});

test('no Git checkout: an error with the fix, and nothing is left behind', async (t) => {
  const root = folderFor(t);
  const state = path.join(root, 'state');
  mkdirSync(path.join(root, 'plain'));
  await t.throwsAsync(openEnvironment({ checkout: path.join(root, 'plain'), state, clock }), {
    message: /is not the root of a Git checkout \(.*\); clone the repository with `git clone`, or run `git init/,
  });
  t.false(existsSync(path.join(state, 'environment.git')));
  const inside = await productIn(path.join(root, 'other'));
  mkdirSync(path.join(inside, 'unpacked'));
  await t.throwsAsync(openEnvironment({ checkout: path.join(inside, 'unpacked'), state, clock }), {
    message: /is not the root of a Git checkout/,
  });
});

test('a checkout without a commit: an error with the fix', async (t) => {
  const root = folderFor(t);
  await git(root, ['init', '-q', 'empty']);
  await t.throwsAsync(openEnvironment({ checkout: path.join(root, 'empty'), state: path.join(root, 'state'), clock }), {
    message: /has no commit .*; clone the repository/s,
  });
});

for (const version of ['git version 2.30.0', 'git version 2.39.5 (Apple Git-154)', 'git version 3.0.1']) {
  test(`usable: ${version}`, (t) => t.is(gitTooOld(version), undefined));
}
for (const version of ['git version 2.25.1', 'git version 1.99', 'busybox']) {
  test(`too old: ${version}`, (t) => {
    t.is(gitTooOld(version), `git: version is too old (${version}), at least 2.30 is allowed`);
  });
}

test('no environment yet: verify and rollback say what makes one', async (t) => {
  await t.throwsAsync(existingEnvironment(folderFor(t)), { message: /does not exist; run `npm run up` first/ });
});

test('works without a Git identity, and with a user configuration that signs, hooks and rewrites', async (t) => {
  const root = folderFor(t);
  const home = path.join(root, 'home');
  mkdirSync(path.join(home, 'hooks'), { recursive: true });
  for (const hook of ['pre-push', 'commit-msg', 'update', 'pre-receive', 'reference-transaction']) {
    writeFileSync(path.join(home, 'hooks', hook), '#!/bin/sh\necho hook ran >&2\nexit 1\n', { mode: 0o755 });
  }
  const hostile = `[commit]\n gpgSign = true\n[tag]\n gpgSign = true\n[user]\n useConfigOnly = true\n[core]\n hooksPath = ${home}/hooks\n autocrlf = true\n[push]\n followTags = true\n`;
  writeFileSync(path.join(home, '.gitconfig'), hostile);
  const script = path.join(root, 'promote.mjs');
  const scratchUrl = new URL('./scratch.ts', import.meta.url).href;
  writeFileSync(
    script,
    `import { scratch, mustPromote } from ${JSON.stringify(scratchUrl)};
const undo = [];
const at = await scratch({ teardown: (fn) => undo.push(fn) });
process.stdout.write((await mustPromote(at, 'a')).tag);
for (const fn of undo) fn();`,
  );
  const env = { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home, GIT_DIR: '/nonexistent' };
  const ran = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
  t.is(ran.status, 0, ran.stderr);
  t.regex(ran.stdout, /^APPROVED_DEFAULT\/local\/3-[0-9a-f]{12}$/);
  t.is(readFileSync(path.join(home, '.gitconfig'), 'utf8'), hostile, 'the user’s configuration is never written');
});

test('a missing trust root beside an environment is an error: a new one would trust what it finds', async (t) => {
  const at = await scratch(t);
  rmSync(at.trustPath);
  t.throws(() => localTrust(at.state), { message: /trust root is missing although .* holds an environment/ });
});

test('keys are made once, readable by their owner alone, and refused when others can read them', async (t) => {
  const at = await scratch(t);
  t.deepEqual(
    Object.values(localTrust(at.state).keys).map(({ keyId }) => keyId),
    Object.values(at.keys).map(({ keyId }) => keyId),
  );
  const file = path.join(at.state, 'keys', 'gate.pem');
  t.is(statSync(file).mode & 0o777, 0o600);
  chmodSync(file, 0o644);
  t.throws(() => localTrust(at.state), {
    message: /gate.pem: readable by others \(mode 644\), at most 600 is allowed/,
  });
});

test('what the environment holds is a whole repository: a clone of it has everything', async (t) => {
  const { at } = await promotedScratch(t);
  const files = await listAt(at.repository.work, await fetchHead(at.repository), []);
  t.true(files.includes('README.md') && files.includes('policies/ledger.jsonl'));
});
