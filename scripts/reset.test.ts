import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { lockFolder } from '../runtime/journal/lock.ts';
import { claimStateFolder, removeStateFolder } from './state/state-folder.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const start = path.join(import.meta.dirname, 'start.mjs');

function stateFolder(t: ExecutionContext): string {
  const folder = path.join(temporaryFolder(t), 'state');
  claimStateFolder(folder);
  mkdirSync(path.join(folder, 'runtime'));
  writeFileSync(path.join(folder, 'runtime', 'journal.sqlite'), 'x');
  return folder;
}

function reset(...args: string[]) {
  return spawnSync(process.execPath, [start, 'reset', ...args], { encoding: 'utf8', input: '' });
}

test('removes a state folder when told yes', (t) => {
  const folder = stateFolder(t);
  const run = reset('--yes', '--state', folder);
  t.is(run.status, 0, run.stderr);
  t.false(existsSync(folder));
});

test('with nobody to ask and no --yes it removes nothing', (t) => {
  const folder = stateFolder(t);
  const run = reset('--state', folder);
  t.is(run.status, 2);
  t.is(run.stderr, `${folder}: nobody to ask, say --yes; nothing was removed\n`);
  t.true(existsSync(path.join(folder, 'runtime', 'journal.sqlite')));
});

test('a folder without the marker is never touched', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, 'thesis.txt'), 'years of work');
  const run = reset('--yes', '--state', folder);
  t.is(run.status, 2);
  t.is(run.stderr, `${folder} is not a state folder of EMP: it has no .emp-state; nothing was removed\n`);
  t.is(readFileSync(path.join(folder, 'thesis.txt'), 'utf8'), 'years of work');
});

test('no folder, nothing to do', (t) => {
  const run = reset('--yes', '--state', path.join(temporaryFolder(t), 'never-made'));
  t.is(run.status, 0);
  t.regex(run.stdout, /nothing to remove/);
});

test('an unknown option is wrong usage', (t) => {
  const run = reset('--force');
  t.is(run.status, 2);
  t.regex(run.stderr, /unknown option '--force'/);
});

for (const held of ['', 'runtime']) {
  test(`refuses while a process holds ${held === '' ? 'the folder' : `${held}/ in it`}`, (t) => {
    const folder = stateFolder(t);
    const lock = lockFolder(path.join(folder, held));
    const run = reset('--yes', '--state', folder);
    lock.release();
    t.is(run.status, 2);
    t.regex(run.stderr, new RegExp(`is in use by process ${process.pid}, .*nothing was removed`));
    t.true(existsSync(path.join(folder, 'runtime', 'journal.sqlite')));
  });
}

test('what a link inside points at stays', (t) => {
  const folder = stateFolder(t);
  const outside = path.join(temporaryFolder(t), 'outside.txt');
  writeFileSync(outside, 'kept');
  symlinkSync(outside, path.join(folder, 'link'));
  symlinkSync(path.dirname(outside), path.join(folder, 'folder-link'));
  removeStateFolder(folder);
  t.false(existsSync(folder));
  t.is(readFileSync(outside, 'utf8'), 'kept');
});

test('a folder with other contents is not adopted as state', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, 'notes.md'), '');
  t.throws(() => claimStateFolder(folder), {
    message: `${folder} is not empty (notes.md) and has no .emp-state, only an empty or a state folder is allowed`,
  });
});

test('a file is not adopted as state', (t) => {
  const file = path.join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  t.throws(() => claimStateFolder(file), { message: `${file} is a file, only a folder is allowed as state` });
});

test('claiming twice changes nothing', (t) => {
  const folder = stateFolder(t);
  t.notThrows(() => claimStateFolder(folder));
  t.true(existsSync(path.join(folder, 'runtime', 'journal.sqlite')));
});
