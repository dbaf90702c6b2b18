/**
 * The child of `kill.test.ts`: appends transactions of four records each until it is killed, and tells its parent each
 * one that was committed. Usage: node kill-writer.ts FILE
 */
import { writeSync } from 'node:fs';
import { SqliteJournal } from './sqlite-journal.ts';

const journal = new SqliteJournal(process.argv[2]);
for (let n = 1; ; n++) {
  journal.transaction(() => {
    journal.setNextInbound(journal.nextInbound() + 1);
    for (const kind of ['forecast', 'intent', 'order', 'report'] as const) {
      journal.append(kind, n, { inbound: journal.nextInbound(), text: 'x'.repeat(n % 300) });
    }
    journal.recordOutbound(journal.nextOutbound(), Uint8Array.of(n & 255));
  });
  writeSync(1, `${journal.nextInbound()}\n`);
}
