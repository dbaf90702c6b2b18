import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import { SimulatedClock } from '../../runtime/clock.ts';
import { usedNumbers } from '../../runtime/execution/used-numbers.ts';
import { lockFolder } from '../../runtime/journal/lock.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import { MARKER } from '../state/state-folder.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { restoreBackup } from './restore.ts';
import { folderSource, podSource } from './sources.ts';
import { takeBackup } from './take.ts';

const NOW_US = Date.parse('2026-05-04T03:02:01.500Z') * 1000;
const NAME = 'paper-2026-05-04T030201-500Z';
const SECOND_US = 1_000_000;

/** Appends an order with its forecast, as a runtime does. */
function order(journal: SqliteJournal, n: number): void {
  journal.transaction(() => {
    journal.append('forecast', n, { mean: 1 / n });
    journal.append('order', n, { action: 'new', clOrdId: `EMP-${n}` });
    journal.recordOutbound(journal.nextOutbound(), undefined);
    journal.setNextInbound(journal.nextInbound() + 2);
  });
}

/** The folder of a runtime that has sent `orders`, still open. */
function trading(folder: string, orders: number, environment = 'paper'): SqliteJournal {
  mkdirSync(folder, { recursive: true });
  const journal = new SqliteJournal(path.join(folder, 'journal.sqlite'));
  journal.transaction(() => journal.append('boot', 0, { environment, policy: `sha256:${'a'.repeat(64)}` }));
  for (let n = 1; n <= orders; n++) order(journal, n);
  return journal;
}

async function taken(state: string, to: string, environment = 'paper') {
  return takeBackup({
    source: folderSource(state),
    environment,
    to,
    clock: new SimulatedClock(NOW_US),
    onProgress: () => {},
  });
}

function restored(from: string, state: string, change: object = {}) {
  const clock = new SimulatedClock(NOW_US + 60 * SECOND_US);
  return restoreBackup({ from, state, environment: 'paper', replace: false, clock, ...change });
}

async function backedUp(t: ExecutionContext, orders = 3) {
  const folder = temporaryFolder(t);
  const state = path.join(folder, 'state');
  const journal = trading(state, orders);
  const { folder: from, manifest } = await taken(state, path.join(folder, 'backups'));
  return { folder, state, journal, from, manifest };
}

test('a backup is the journal at one moment, in one file, while its runtime holds it', async (t) => {
  const { journal, from, manifest } = await backedUp(t);
  const decisionDigest = journal.decisionDigest();
  order(journal, 4);
  t.is(path.basename(from), NAME);
  t.deepEqual(readdirSync(from).sort(), ['backup.json', 'journal.sqlite']);
  const { digest: _, bytes: __, ...head } = manifest.journal;
  t.deepEqual(head, { schemaVersion: 1, lastSeq: 7, decisionDigest });
  t.is(manifest.takenAt, '2026-05-04T03:02:01.500Z');
  t.is(manifest.policy, `sha256:${'a'.repeat(64)}`);
  t.is(manifest.archive, null);
});

test('restored, a journal goes on above every number that may have been used, as often as it is restored', async (t) => {
  const { folder, state, journal, from } = await backedUp(t);
  for (let n = 4; n < 10; n++) order(journal, n);
  journal.close();
  const elsewhere = path.join(folder, 'elsewhere');
  const first = await restored(from, elsewhere);
  t.deepEqual(first.goesOnFrom, { nextOutbound: 4 + 1_060_000, identifier: 3 + 1_060_000 });
  const copy = new SqliteJournal(path.join(elsewhere, 'journal.sqlite'));
  t.is(copy.lastSeq, 8);
  t.deepEqual(usedNumbers(copy), first.goesOnFrom);
  t.is(copy.nextInbound(), 7, 'what the venue said since is asked for again');
  copy.close();

  const over = await restored(from, state, { replace: true });
  t.deepEqual(over.goesOnFrom, { nextOutbound: 10 + 1_060_000, identifier: 9 + 1_060_000 });
  const later = new SimulatedClock(NOW_US + 90 * SECOND_US);
  const again = await restored(from, path.join(folder, 'new'), { clock: later });
  t.is(again.goesOnFrom.nextOutbound, first.goesOnFrom.nextOutbound + 30_000);
});

test('what was there is kept aside whole, also when it is damaged', async (t) => {
  const { state, journal, from } = await backedUp(t);
  order(journal, 4);
  const digest = journal.decisionDigest();
  journal.close();
  await t.throwsAsync(restored(from, state), {
    message: /journal\.sqlite: there is a journal \(up to record 9\); say --replace, and it is kept aside$/,
  });
  const { aside } = await restored(from, state, { replace: true });
  const kept = new SqliteJournal(path.join(aside as string, 'journal.sqlite'));
  t.is(kept.decisionDigest(), digest);
  kept.close();

  const file = path.join(state, 'journal.sqlite');
  writeFileSync(file, 'damaged');
  writeFileSync(`${file}-wal`, 'its transactions');
  const clock = new SimulatedClock(NOW_US + 61 * SECOND_US);
  const second = await restored(from, state, { replace: true, clock });
  t.is(readFileSync(path.join(second.aside as string, 'journal.sqlite'), 'utf8'), 'damaged');
  t.is(readFileSync(path.join(second.aside as string, 'journal.sqlite-wal'), 'utf8'), 'its transactions');
  t.is(new SqliteJournal(file).lastSeq, 8);
});

test('refused, with nothing changed', async (t) => {
  const { folder, state, journal, from } = await backedUp(t);
  journal.close();
  const empty = path.join(folder, 'empty');
  const altered = (name: string, change: (at: string) => void) => {
    const copy = path.join(folder, name);
    cpSync(from, copy, { recursive: true });
    change(copy);
    return copy;
  };
  const manifest = (change: (text: string) => string) => (at: string) => {
    const file = path.join(at, 'backup.json');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };
  const damaged = altered('damaged', (at) => appendFileSync(path.join(at, 'journal.sqlite'), '.'));
  await t.throwsAsync(restored(damaged, empty), {
    message: /damaged\/journal\.sqlite: is not what was backed up \(sha256:.*\), only sha256:.* is allowed/,
  });
  const newer = altered(
    'newer',
    manifest((text) => text.replace('"schemaVersion": 1', '"schemaVersion": 2')),
  );
  await t.throwsAsync(restored(newer, empty), {
    message: /newer: the journal's schema version is too new \(2\), at most 1 is allowed/,
  });
  const shorter = altered(
    'shorter',
    manifest((text) => text.replace('"lastSeq": 7', '"lastSeq": 8')),
  );
  await t.throwsAsync(restored(shorter, empty), {
    message: /shorter\/journal\.sqlite: ends at record 7 .*, only record 8 /,
  });
  await t.throwsAsync(restored(empty, empty), { message: /empty\/backup\.json: cannot be read \(ENOENT\)/ });
  await t.throwsAsync(restored(from, empty, { environment: 'live' }), {
    message: /: is of environment paper, only live is allowed here/,
  });
  await t.throwsAsync(restored(from, empty, { clock: new SimulatedClock(NOW_US - SECOND_US) }), {
    message: /was taken 1 s from now .*set this machine's clock/,
  });
  const other = path.join(folder, 'other');
  trading(other, 1, 'live').close();
  await t.throwsAsync(restored(from, other, { replace: true }), {
    message: /other\/journal\.sqlite: belongs to environment live, only paper is allowed here/,
  });
  const lock = lockFolder(state);
  await t.throwsAsync(restored(from, state, { replace: true }), {
    message: /state is in use by process \d+, one at a time is allowed/,
  });
  lock.release();
  t.is(new SqliteJournal(path.join(state, 'journal.sqlite')).lastSeq, 7);
  t.false(existsSync(path.join(empty, 'journal.sqlite')));

  const to = path.join(folder, 'more');
  await t.throwsAsync(taken(other, to), {
    message: /belongs to environment live, only paper is allowed here; say --environment live/,
  });
  await t.throwsAsync(taken(empty, to), { message: /empty\/journal\.sqlite: does not exist/ });
  t.deepEqual(
    readdirSync(to).filter((name) => name.startsWith('paper')),
    [],
  );
});

test('what a killed backup or restore left is no backup and no journal, and goes with the next', async (t) => {
  const folder = temporaryFolder(t);
  const state = path.join(folder, 'state');
  mkdirSync(state);
  writeFileSync(path.join(state, MARKER), '');
  trading(path.join(state, 'runtime'), 2).close();
  const left = path.join(folder, 'backups', 'paper-earlier.unfinished');
  mkdirSync(left, { recursive: true });
  writeFileSync(path.join(left, 'journal.sqlite'), 'half of one');
  await t.throwsAsync(restored(left, state), { message: /backup\.json: cannot be read/ });
  const { folder: from } = await taken(state, path.join(folder, 'backups'));
  t.false(existsSync(left));
  writeFileSync(path.join(state, 'runtime', 'journal.sqlite.restored'), 'half of one');
  await restored(from, state, { replace: true });
  t.deepEqual(
    readdirSync(path.join(state, 'runtime')).filter((name) => name.startsWith('journal')),
    ['journal.sqlite'],
  );
  const db = new DatabaseSync(path.join(state, 'runtime', 'journal.sqlite'));
  t.is(db.prepare('SELECT max(seq) AS last FROM records').get()?.['last'], 6);
  db.close();
});

/** A kubectl that does this whatever it is asked. */
function kubectl(t: ExecutionContext, does: string): string {
  const file = path.join(temporaryFolder(t), 'kubectl');
  writeFileSync(file, `#!/bin/sh\n${does}\n`, { mode: 0o755 });
  return file;
}

test('a pod’s journal comes as its own Node copies it, and stays where it was', async (t) => {
  const { folder, state, journal } = await backedUp(t);
  order(journal, 4);
  const copyMain = path.resolve(import.meta.dirname, '../../runtime/journal/copy-main.ts');
  const source = podSource('emp-paper', kubectl(t, `exec '${process.execPath}' '${copyMain}' '${state}'`));
  const to = path.join(folder, 'of-pods');
  const options = { source, environment: 'paper', to, clock: new SimulatedClock(NOW_US), onProgress: () => {} };
  const { manifest } = await takeBackup(options);
  t.is(manifest.journal.decisionDigest, journal.decisionDigest());
  t.is(manifest.journal.lastSeq, 9);
  t.deepEqual(
    readdirSync(path.join(state, 'copy')).sort(),
    ['state.lock', 'state.pid'],
    'the copy is gone from the pod',
  );
  journal.close();
});

const announced = `printf '{"bytes":4,"digest":"sha256:${'a'.repeat(64)}"}\\n`;
for (const [name, does, says] of [
  [
    'is not there',
    'echo \'pods "emp-runtime-0" not found\' >&2; exit 1',
    /^pod emp-paper\/emp-runtime-0: gave no copy of its journal \(exit 1\): pods "emp-runtime-0" not found; see/,
  ],
  [
    'ends early',
    `${announced}ab'`,
    /sent something else than it announced \(2 bytes, sha256:.*\), only 4 bytes, sha256:a+ is allowed; take it again/,
  ],
  ['alters a byte', `${announced}abcd'`, /sent something else than it announced \(4 bytes/],
  [
    'says something else',
    'echo hello',
    /sent something else than it announced \(0 bytes, .*\), only a copy of its journal is allowed/,
  ],
  [
    'has no room for it here',
    `printf '{"bytes":9007199254740991,"digest":"sha256:${'a'.repeat(64)}"}\\nabcd'`,
    /its disk has too little room/,
  ],
] as const) {
  test(`a pod that ${name} leaves no backup`, async (t) => {
    const to = temporaryFolder(t);
    const source = podSource('emp-paper', kubectl(t, does));
    const options = { source, environment: 'paper', to, clock: new SimulatedClock(NOW_US), onProgress: () => {} };
    await t.throwsAsync(takeBackup(options), { message: says });
    t.deepEqual(
      readdirSync(to).filter((file) => file.startsWith('paper')),
      [],
    );
  });
}
