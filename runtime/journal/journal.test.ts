import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { DecisionDigest, decisionDigestOf } from './digest.ts';
import type { Journal, RecordKind } from './journal.ts';
import { lockFolder } from './lock.ts';
import { MemoryJournal } from './memory-journal.ts';
import { SqliteJournal } from './sqlite-journal.ts';

function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-journal-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function append(journal: Journal, ...kinds: RecordKind[]): void {
  journal.transaction(() => {
    for (const kind of kinds) journal.append(kind, 1_000_000, { kind, value: 1.5 });
  });
}

test('records come back in order, by kind and from a number on', (t) => {
  for (const journal of [new SqliteJournal(path.join(temporaryFolder(t), 'journal.sqlite')), new MemoryJournal()]) {
    append(journal, 'boot', 'forecast', 'order', 'fill', 'order');
    t.deepEqual(
      [...journal.records(2, ['order', 'forecast'])].map((record) => record.seq),
      [3, 5],
    );
    t.deepEqual(
      [...journal.records(4)],
      [{ seq: 5, timeUs: 1_000_000, kind: 'order', body: '{"kind":"order","value":1.5}' }],
    );
    journal.close();
  }
});

test('more records than one page holds come back complete', (t) => {
  const journal = new SqliteJournal(path.join(temporaryFolder(t), 'journal.sqlite'));
  append(journal, ...Array.from({ length: 2500 }, (_, i): RecordKind => (i % 2 === 0 ? 'order' : 'fill')));
  t.is([...journal.records()].length, 2500);
  t.is([...journal.records(0, ['fill'])].length, 1250);
});

test('NaN and infinity survive as text that Number reads', (t) => {
  const journal = new MemoryJournal();
  journal.transaction(() => journal.append('forecast', 1, { mean: Float32Array.of(Number.NaN, -Infinity, 0.1) }));
  const [record] = journal.records();
  t.is(record.body, '{"mean":["NaN","-Infinity",0.10000000149011612]}');
});

test('property: running, recomputed, reopened and in-memory digests are one', (t) => {
  const folder = temporaryFolder(t);
  let n = 0;
  const kind = fc.constantFrom<RecordKind>('forecast', 'intent', 'denial', 'order', 'report', 'fill', 'boot');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(kind, { maxLength: 5 }), fc.boolean(), fc.boolean())), (steps) => {
      const file = path.join(folder, `${n++}.sqlite`);
      const memory = new MemoryJournal({ keep: ['fill'] });
      let stored = new SqliteJournal(file);
      for (const [kinds, reopen, fails] of steps) {
        if (fails) {
          t.throws(() =>
            stored.transaction(() => {
              append(stored, ...kinds);
              throw new Error('planned');
            }),
          );
        } else {
          append(stored, ...kinds);
          append(memory, ...kinds);
        }
        if (!reopen) continue;
        stored.close();
        stored = new SqliteJournal(file);
      }
      t.is(stored.decisionDigest(), memory.decisionDigest());
      t.is(decisionDigestOf(stored), memory.decisionDigest());
      append(stored, 'order');
      append(memory, 'order');
      t.is(stored.decisionDigest(), memory.decisionDigest());
      stored.close();
    }),
    { numRuns: 25 },
  );
});

test('the digest changes with number, time, kind and text of a decision, and with nothing else', (t) => {
  const base = { seq: 1, timeUs: 2, kind: 'order', body: '{}' } as const;
  const digests = [
    base,
    { ...base, seq: 2 },
    { ...base, timeUs: 3 },
    { ...base, kind: 'intent' as const },
    { ...base, body: '{"a":1}' },
  ].map((record) => {
    const digest = new DecisionDigest();
    digest.add(record);
    return digest.value();
  });
  t.is(new Set(digests).size, 5);
  const [first, second] = [new MemoryJournal(), new MemoryJournal()];
  append(first, 'order', 'fill');
  append(second, 'order', 'report');
  t.is(first.decisionDigest(), second.decisionDigest());
});

test('a transaction that throws leaves nothing: records, session numbers, stored messages', (t) => {
  const journal = new SqliteJournal(path.join(temporaryFolder(t), 'journal.sqlite'));
  journal.recordOutbound(1, Uint8Array.of(7));
  append(journal, 'order');
  const before = journal.decisionDigest();
  t.throws(
    () =>
      journal.transaction(() => {
        append(journal, 'order');
        journal.setNextInbound(9);
        journal.setNextOutbound(1);
        throw new Error('planned');
      }),
    { message: 'planned' },
  );
  t.is(journal.nextInbound(), 1);
  t.is(journal.nextOutbound(), 2);
  t.deepEqual([...journal.outbound(1, 9)], [{ seqNum: 1, bytes: Uint8Array.of(7) }]);
  t.is(journal.decisionDigest(), before);
  append(journal, 'order');
  t.is([...journal.records()].length, 2);
});

test('a failed inner transaction cannot be swallowed', (t) => {
  const journal = new SqliteJournal(path.join(temporaryFolder(t), 'journal.sqlite'));
  t.throws(
    () =>
      journal.transaction(() => {
        append(journal, 'order');
        try {
          journal.transaction(() => {
            throw new Error('planned');
          });
        } catch {}
      }),
    { message: /nested transaction failed and its error was swallowed/ },
  );
  t.is([...journal.records()].length, 0);
});

test('session numbers and replayable messages survive; a reset forgets what its numbers meant', (t) => {
  const file = path.join(temporaryFolder(t), 'journal.sqlite');
  const first = new SqliteJournal(file);
  first.transaction(() => {
    first.setNextInbound(12);
    first.recordOutbound(1, Uint8Array.of(1));
    first.recordOutbound(2, undefined);
    first.recordOutbound(3, Uint8Array.of(3));
  });
  first.close();
  const second = new SqliteJournal(file);
  t.deepEqual([second.nextInbound(), second.nextOutbound()], [12, 4]);
  t.deepEqual(
    [...second.outbound(1, 3)].map((message) => message.seqNum),
    [1, 3],
  );
  second.setNextOutbound(1);
  second.recordOutbound(1, undefined);
  t.deepEqual([...second.outbound(1, 3)], []);
});

test('appending outside a transaction is a programming error', (t) => {
  t.throws(() => new MemoryJournal().append('order', 1, {}), { message: /inside a transaction only/ });
});

test('records can be neither changed nor removed', (t) => {
  const file = path.join(temporaryFolder(t), 'journal.sqlite');
  const journal = new SqliteJournal(file);
  append(journal, 'order');
  journal.close();
  const db = new DatabaseSync(file);
  t.throws(() => db.exec("UPDATE records SET body = '{}'"), { message: /never change/ });
  t.throws(() => db.exec('DELETE FROM records'), { message: /never vanish/ });
  db.close();
});

test('what is not a sound journal is refused by name', (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => path.join(folder, name);
  writeFileSync(at('text'), 'not a database at all'.repeat(200));
  t.throws(() => new SqliteJournal(at('text')), {
    message: `${at('text')} is not a journal: file is not a database; move it away or restore a copy`,
  });

  const other = new DatabaseSync(at('other'));
  other.exec('CREATE TABLE t (a)');
  other.close();
  t.throws(() => new SqliteJournal(at('other')), { message: /other is not a journal: another program made/ });

  new SqliteJournal(at('newer')).close();
  const newer = new DatabaseSync(at('newer'));
  newer.exec('PRAGMA user_version = 7');
  newer.close();
  t.throws(() => new SqliteJournal(at('newer')), {
    message: `${at('newer')}: schema version is too new (7), at most 1 is allowed; run the product that wrote it, or a newer one`,
  });

  const holed = new SqliteJournal(at('holed'));
  append(holed, 'order', 'order', 'order');
  holed.close();
  const db = new DatabaseSync(at('holed'));
  db.exec('DROP TRIGGER records_never_vanish; DELETE FROM records WHERE seq = 2');
  db.close();
  t.throws(() => new SqliteJournal(at('holed')), {
    message: /holed is damaged: 2 records are there, numbered up to 3;/,
  });

  const overwritten = new SqliteJournal(at('overwritten'));
  append(overwritten, ...Array.from({ length: 500 }, (): RecordKind => 'order'));
  overwritten.close();
  execFileSync('dd', ['if=/dev/urandom', `of=${at('overwritten')}`, 'bs=4096', 'seek=3', 'count=4', 'conv=notrunc'], {
    stdio: 'ignore',
  });
  t.throws(() => new SqliteJournal(at('overwritten')), { message: /overwritten is damaged: .*; move it away/s });
});

test('a place that cannot be written is refused by name', (t) => {
  const folder = temporaryFolder(t);
  t.throws(() => new SqliteJournal(path.join(folder, 'absent', 'journal.sqlite')), {
    message: /absent\/journal\.sqlite cannot be opened: .*the folder must exist and be writable/,
  });
  writeFileSync(path.join(folder, 'file'), '');
  t.throws(() => lockFolder(path.join(folder, 'file', 'state')), { message: /cannot be made a state folder: ENOTDIR/ });
  if (process.getuid?.() === 0) {
    t.log('SKIP: permission bits do not bind root');
    return;
  }
  mkdirSync(path.join(folder, 'closed'));
  chmodSync(path.join(folder, 'closed'), 0o500);
  t.throws(() => new SqliteJournal(path.join(folder, 'closed', 'journal.sqlite')), { message: /cannot be opened/ });
});

test('a full disk ends the transaction, names the file, and loses nothing that was stored', (t) => {
  const file = path.join(temporaryFolder(t), 'journal.sqlite');
  const journal = new SqliteJournal(file);
  append(journal, 'order');
  journal.close();
  const program = `
    import { SqliteJournal } from ${JSON.stringify(path.join(import.meta.dirname, 'sqlite-journal.ts'))};
    process.on('SIGXFSZ', () => {});
    const journal = new SqliteJournal(process.argv[1]);
    try {
      for (;;) journal.transaction(() => journal.append('order', 1, { text: 'x'.repeat(4000) }));
    } catch (error) {
      const records = [...journal.records()].length;
      console.log(JSON.stringify({ message: error.message, records, digest: journal.decisionDigest() }));
    }`;
  const output = execFileSync(
    'bash',
    ['-c', 'ulimit -f 256; exec "$@"', 'bash', process.execPath, '--input-type=module', '-e', program, file],
    { encoding: 'utf8' },
  );
  const told = JSON.parse(output) as { message: string; records: number; digest: string };
  t.true(told.message.startsWith(`${file} cannot `), told.message);
  const reopened = new SqliteJournal(file);
  t.true(told.records > 1);
  t.is([...reopened.records()].length, told.records);
  t.is(reopened.decisionDigest(), told.digest);
});

test('one process per state folder; the lock dies with its holder', async (t) => {
  const folder = path.join(temporaryFolder(t), 'state');
  const lock = lockFolder(folder);
  t.throws(() => lockFolder(folder), {
    message: `${folder} is in use by process ${process.pid}, one at a time is allowed; stop it, or use another folder`,
  });
  lock.release();

  const program = `
    import { lockFolder } from ${JSON.stringify(path.join(import.meta.dirname, 'lock.ts'))};
    lockFolder(process.argv[1]);
    console.log('locked');
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], { stdio: 'pipe' });
  await once(child.stdout, 'data');
  t.throws(() => lockFolder(folder), { message: new RegExp(`in use by process ${child.pid},`) });
  child.kill('SIGKILL');
  await once(child, 'close');
  lockFolder(folder).release();
  t.pass();
});
