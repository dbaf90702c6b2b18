import type { SessionStore } from '../fix/session-store.ts';

/**
 * The runtime's memory: an append-only sequence of records, and the FIX session's numbers in the same database, so that
 * one transaction covers an inbound message, its effect and what is sent in answer.
 *
 * `decisionDigest` is SHA-256 over the canonical lines of the records in `DECISION_KINDS`, in order.
 */
export const DECISION_KINDS = ['forecast', 'intent', 'denial', 'order'] as const;

export type RecordKind =
  | (typeof DECISION_KINDS)[number]
  | 'boot' // configuration, seed, commit, policy, limits and image digests
  | 'report' // what the venue said of an order
  | 'fill' // one execution with its PnL parts
  | 'disable'
  | 'enable' // the planner disengaged or re-engaged, why
  | 'limits' // limits swapped
  | 'position' // reconciliation: what we thought, what the venue says
  | 'mark' // equity, its day and its peak, whenever it moved by a hundredth of the drawdown limit
  | 'flatten'
  | 'stop'
  | 'error';

export interface JournalRecord {
  readonly seq: number;
  readonly timeUs: number;
  readonly kind: RecordKind;
  /** JSON object; keys in a fixed order, so that equal records have equal text. */
  readonly body: string;
}

export interface Journal extends SessionStore {
  /** Appends and returns the record's number, from 1. Only inside `transaction`. */
  append(kind: RecordKind, timeUs: number, body: object): number;
  /** Records with `seq > after`, ascending; all kinds unless some are named. */
  records(after?: number, kinds?: readonly RecordKind[]): Iterable<JournalRecord>;
  /** The running digest over the decision records so far, as "sha256:…". */
  decisionDigest(): string;
  close(): void;
}
