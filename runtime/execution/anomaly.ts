/**
 * What a venue may say that does not fit what we know. Never an exception, never ignored: each is a value with a name,
 * journalled and told to the owner.
 */
export type AnomalyKind =
  | 'UNKNOWN_ORDER' // a report for an order that we never sent
  | 'UNKNOWN_SYMBOL' // a report for a symbol that is not configured
  | 'MALFORMED_REPORT' // quantities or identifiers that cannot be true
  | 'UNSUPPORTED_EXEC_TYPE' // an ExecType (150) whose effect we do not model
  | 'DUPLICATE_EXEC_ID' // sent twice without PossDupFlag; counted once
  | 'FILL_GAP' // the venue counts more executed than it has told us
  | 'OVERFILL' // more executed than was ordered; counted
  | 'FILL_AFTER_CLOSE' // executed after the order was closed; counted
  | 'CLOSED_TWICE' // closed in two ways that exclude each other
  | 'REJECTED_AFTER_ACK' // rejected although it was accepted
  | 'REVIVED' // closed for being absent from the venue's list, and yet alive
  | 'UNSOLICITED_REPLACE' // terms changed without a request of ours
  | 'TERMS_DIFFER' // accepted with other terms than we asked for
  | 'UNSOLICITED_CANCEL_REJECT' // a refusal of a request that is not pending
  | 'UNKNOWN_AT_VENUE' // the venue does not know an order that it had accepted
  | 'BUST_UNKNOWN' // a bust of an execution that we never saw
  | 'REQUEST_REFUSED'; // the venue refused a message as a whole

export interface Anomaly {
  readonly kind: AnomalyKind;
  /** Empty when the report named none. */
  readonly clOrdId: string;
  readonly detail: string;
}

const harmless: ReadonlySet<AnomalyKind> = new Set<AnomalyKind>([
  'DUPLICATE_EXEC_ID',
  'REJECTED_AFTER_ACK',
  'REVIVED',
  'UNSOLICITED_REPLACE',
  'TERMS_DIFFER',
  'UNSOLICITED_CANCEL_REJECT',
]);

/** True when the position or the open orders may differ from what we believe: trading waits for a reconciliation. */
export function castsDoubt(kind: AnomalyKind): boolean {
  return !harmless.has(kind);
}
