import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { clearRunning, type Running, readRunning, writeRunning } from './running.ts';
import { folderFor } from './scratch.ts';

const running: Running = { environment: 'local', slot: null, pid: process.pid, busy: null };

test('what was written is read, until it is cleared', (t) => {
  const state = folderFor(t);
  t.is(readRunning(state), undefined);
  writeRunning(state, running);
  t.deepEqual(readRunning(state), running);
  clearRunning(state);
  t.is(readRunning(state), undefined);
});

test('a supervisor that is gone runs nothing', (t) => {
  const state = folderFor(t);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeRunning(state, { ...running, pid });
  t.is(readRunning(state), undefined);
});

test('a file that is something else is an error that names it', (t) => {
  const state = folderFor(t);
  writeFileSync(path.join(state, 'running.json'), '{"pid":');
  t.throws(() => readRunning(state), { message: /running.json: is not a record of what runs/ });
});
