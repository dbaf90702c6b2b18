import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { RecordKind } from '../runtime/journal/journal.ts';
import { MemoryJournal } from '../runtime/journal/memory-journal.ts';
import { SqliteJournal } from '../runtime/journal/sqlite-journal.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const start = path.join(import.meta.dirname, 'start.mjs');

const decisions: readonly [RecordKind, number, object][] = [
  ['boot', 0, { seed: 7 }],
  ['forecast', 1, { symbol: 'A', mean: [0.1], logScale: [0] }],
  ['intent', 1, { symbolId: 0 }],
  ['order', 1, { clOrdId: 'EMP-1' }],
  ['forecast', 2, { symbol: 'A', mean: [Number.NaN], logScale: [0] }],
  ['denial', 2, { reason: 'STALE' }],
];

function digest(...args: string[]) {
  return spawnSync(process.execPath, [start, 'digest', ...args], { encoding: 'utf8' });
}

function stored(t: ExecutionContext, records = decisions): string {
  const state = temporaryFolder(t);
  mkdirSync(path.join(state, 'runtime'));
  const journal = new SqliteJournal(path.join(state, 'runtime', 'journal.sqlite'));
  journal.transaction(() => records.map(([kind, timeUs, body]) => journal.append(kind, timeUs, body)));
  journal.close();
  return state;
}

test('the digest recomputed from the file is the one kept while deciding', (t) => {
  const memory = new MemoryJournal();
  memory.transaction(() => decisions.map(([kind, timeUs, body]) => memory.append(kind, timeUs, body)));
  const state = stored(t);
  const run = digest('--state', state, '--json');
  t.is(run.status, 0, run.stderr);
  t.deepEqual(JSON.parse(run.stdout), {
    journal: path.join(state, 'runtime', 'journal.sqlite'),
    decisionDigest: memory.decisionDigest(),
    decisionRecords: 5,
    records: { forecast: 2, intent: 1, denial: 1, order: 1 },
  });
  const plain = digest('--state', state);
  t.true(plain.stdout.startsWith(`${memory.decisionDigest()}\nover 5 decision records`), plain.stdout);
});

test('one decision more is another digest', (t) => {
  const less = JSON.parse(digest('--state', stored(t, decisions.slice(0, -1)), '--json').stdout);
  t.not(less.decisionDigest, JSON.parse(digest('--state', stored(t), '--json').stdout).decisionDigest);
});

test('no journal: exit 2, and how to get one', (t) => {
  const state = temporaryFolder(t);
  const run = digest('--state', state);
  t.is(run.status, 2);
  const file = path.join(state, 'runtime', 'journal.sqlite');
  t.is(run.stderr, `${file}: does not exist; run \`npm run up\` first, which writes it\n`);
});

test('a file that is no journal: exit 2, naming it', (t) => {
  const state = temporaryFolder(t);
  mkdirSync(path.join(state, 'runtime'));
  const file = path.join(state, 'runtime', 'journal.sqlite');
  writeFileSync(file, 'not a database, but long enough to be looked at '.repeat(40));
  const run = digest('--state', state);
  t.is(run.status, 2);
  t.true(run.stderr.startsWith(`${file} is not a journal: `), run.stderr);
});

test('an unknown flag is wrong usage', (t) => {
  const run = digest('--statte', 'x');
  t.is(run.status, 2);
  t.regex(run.stderr, /unknown option '--statte'/);
});
