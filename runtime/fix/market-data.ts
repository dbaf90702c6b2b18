/**
 * One decoded W or X, as struct-of-arrays that the decoder fills anew for every message. A consumer reads it inside the
 * callback and keeps nothing of it.
 */

/** MDUpdateAction (279). A snapshot's entries are all `NEW`. */
export const ACTION = { NEW: 0, CHANGE: 1, DELETE: 2 } as const;
/** MDEntryType (269), the part that a price-keyed book and its features need. */
export const ENTRY = { BID: 0, OFFER: 1, TRADE: 2, EMPTY: 3, OTHER: 4 } as const;

export const MAX_ENTRIES = 4096;
/** Largest quantity of one entry: two of them still sum exactly. */
export const MAX_LOTS = 2 ** 52;

export class MarketData {
  /** True for 35=W (a snapshot replaces the book), false for 35=X. */
  snapshot = false;
  /** MsgSeqNum (34). */
  seqNum = 0;
  /** TransactTime (60) when given, else SendingTime (52): the event time. */
  timeUs = 0;
  /** PossDupFlag (43). */
  possDup = false;
  /** Number of valid entries in the arrays below. */
  count = 0;
  /** Instrument ids (`InstrumentTable`), −1 for a symbol that is not configured. */
  readonly symbolId = new Int32Array(MAX_ENTRIES);
  readonly action = new Uint8Array(MAX_ENTRIES);
  readonly entryType = new Uint8Array(MAX_ENTRIES);
  readonly priceTicks = new Int32Array(MAX_ENTRIES);
  /** MDEntrySize (271), lots, at most `MAX_LOTS`; 0 on a delete. Wider than a price: a coin's lot is 1e-8 of it. */
  readonly quantityLots = new Float64Array(MAX_ENTRIES);
  /** RptSeq (83): the entry's own, else the message's; 0 where the venue does not number an instrument's updates. */
  readonly rptSeq = new Int32Array(MAX_ENTRIES);
  /** +1 the buyer was the aggressor, −1 the seller (5797 AggressorSide 1/2 in our dialect), 0 unknown; trades only. */
  readonly aggressor = new Int8Array(MAX_ENTRIES);
}
