import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { Random } from '../random.ts';
import { decisionDigestOf } from './digest.ts';
import { SqliteJournal } from './sqlite-journal.ts';

/** Lets the child commit a random number of transactions, then kills it without warning. */
async function writeUntilKilled(file: string, commits: number): Promise<number> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'kill-writer.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  let lines = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    told += chunk;
    lines += chunk.toString().split('\n').length - 1;
    if (lines >= commits) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return Number(told.trimEnd().split('\n').at(-1));
}

test('kill -9 of a writer leaves whole transactions, no hole, and a digest that goes on', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-journal-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'journal.sqlite');
  const random = Random.of(1, 'kill');
  for (let round = 0; round < 6; round++) {
    const lastTold = await writeUntilKilled(file, 1 + random.integer(400));
    const journal = new SqliteJournal(file);
    const records = [...journal.records()];
    t.true(journal.nextInbound() >= lastTold, 'what the writer was told is committed is there');
    t.is(records.length, 4 * (journal.nextInbound() - 1), 'records and session numbers are of one transaction');
    t.is(journal.nextOutbound(), journal.nextInbound());
    t.deepEqual(
      records.map((record) => record.seq),
      records.map((_, index) => index + 1),
    );
    t.is([...journal.outbound(1, 1e9)].length, journal.nextOutbound() - 1);
    t.is(journal.decisionDigest(), decisionDigestOf(journal));
    journal.close();
  }
});
