import { createHash, type Hash } from 'node:crypto';
import { DECISION_KINDS, type Journal, type JournalRecord, type RecordKind } from './journal.ts';

const decisionKinds: ReadonlySet<RecordKind> = new Set(DECISION_KINDS);

export function isDecision(kind: RecordKind): boolean {
  return decisionKinds.has(kind);
}

/** The line of one decision record that is hashed: number, event time, kind and text, with single spaces between. */
export function decisionLine(record: JournalRecord): string {
  return `${record.seq} ${record.timeUs} ${record.kind} ${record.body}\n`;
}

/** SHA-256 over decision lines in order, as "sha256:…" at any moment. */
export class DecisionDigest {
  readonly #hash: Hash = createHash('sha256');

  add(record: JournalRecord): void {
    this.#hash.update(decisionLine(record));
  }

  value(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`;
  }
}

/** The digest recomputed from stored records: equals what `journal.decisionDigest()` kept while they were written. */
export function decisionDigestOf(journal: Pick<Journal, 'records'>): string {
  return digestOf(journal).value();
}

export function digestOf(journal: Pick<Journal, 'records'>): DecisionDigest {
  const digest = new DecisionDigest();
  for (const record of journal.records(0, DECISION_KINDS)) digest.add(record);
  return digest;
}
