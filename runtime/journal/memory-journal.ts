import { assert } from '../assert.ts';
import { MemorySessionStore } from '../fix/session-store.ts';
import { bodyText } from './body.ts';
import { DecisionDigest, isDecision } from './digest.ts';
import type { Journal, JournalRecord, RecordKind } from './journal.ts';
import { Transactions } from './transactions.ts';

/**
 * A journal that lives as long as the process, for backtests and gates: the same numbers and the same digest as the
 * stored one. It keeps the kinds in `keep` (default: all), so that an hour of forecasts need not stay in memory.
 *
 * There is nothing to roll back to: a transaction that throws ends its use, and every later call throws.
 */
export class MemoryJournal extends MemorySessionStore implements Journal {
  readonly #keep: ReadonlySet<RecordKind> | undefined;
  readonly #records: JournalRecord[] = [];
  readonly #digest = new DecisionDigest();
  #seq = 0;
  #failed = false;
  readonly #transactions = new Transactions({
    begin: () => assert(!this.#failed, 'this memory journal was ended by a transaction that threw'),
    commit: () => {},
    rollback: () => {
      this.#failed = true;
    },
  });

  constructor(options: { readonly keep?: readonly RecordKind[] } = {}) {
    super();
    this.#keep = options.keep === undefined ? undefined : new Set(options.keep);
  }

  append(kind: RecordKind, timeUs: number, body: object): number {
    assert(this.#transactions.active, 'journal records are appended inside a transaction only');
    const seq = ++this.#seq;
    const kept = this.#keep === undefined || this.#keep.has(kind);
    const decision = isDecision(kind);
    if (kept || decision) {
      const record = { seq, timeUs, kind, body: bodyText(body) };
      if (decision) this.#digest.add(record);
      if (kept) this.#records.push(record);
    }
    return seq;
  }

  *records(after = 0, kinds?: readonly RecordKind[]): Iterable<JournalRecord> {
    for (const record of this.#records) {
      if (record.seq > after && (kinds === undefined || kinds.includes(record.kind))) yield record;
    }
  }

  decisionDigest(): string {
    return this.#digest.value();
  }

  override transaction<T>(work: () => T): T {
    return this.#transactions.run(work);
  }

  close(): void {}
}
