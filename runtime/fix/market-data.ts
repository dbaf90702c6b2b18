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

/** What the arrays of a `MarketData` take. */
export const MARKET_DATA_BYTES = 23 * MAX_ENTRIES;

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
  symbolId = new Int32Array(0);
  action = new Uint8Array(0);
  entryType = new Uint8Array(0);
  priceTicks = new Int32Array(0);
  /** MDEntrySize (271), lots, at most `MAX_LOTS`; 0 on a delete. Wider than a price: a coin's lot is 1e-8 of it. */
  quantityLots = new Float64Array(0);
  /** RptSeq (83): the entry's own, else the message's; 0 where the venue does not number an instrument's updates. */
  rptSeq = new Int32Array(0);
  /** +1 the buyer was the aggressor, −1 the seller (5797 AggressorSide 1/2 in our dialect), 0 unknown; trades only. */
  aggressor = new Int8Array(0);

  constructor() {
    this.use(new ArrayBuffer(MARKET_DATA_BYTES), 0);
  }

  /** Puts the arrays into a buffer, without what they hold: `wasm/assembly/decode.ts` fills them there. */
  use(buffer: ArrayBuffer, at: number): void {
    this.quantityLots = new Float64Array(buffer, at, MAX_ENTRIES);
    this.priceTicks = new Int32Array(buffer, at + 32_768, MAX_ENTRIES);
    this.symbolId = new Int32Array(buffer, at + 49_152, MAX_ENTRIES);
    this.rptSeq = new Int32Array(buffer, at + 65_536, MAX_ENTRIES);
    this.action = new Uint8Array(buffer, at + 81_920, MAX_ENTRIES);
    this.entryType = new Uint8Array(buffer, at + 86_016, MAX_ENTRIES);
    this.aggressor = new Int8Array(buffer, at + 90_112, MAX_ENTRIES);
  }
}
