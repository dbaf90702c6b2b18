import { ACTION, ENTRY, type MarketData } from '../fix/market-data.ts';
import type { InstrumentTable } from '../instrument.ts';
import { Book } from './book.ts';
import { BookChange } from './change.ts';
import type { BookIntegrityError, BookIntegrityKind } from './integrity.ts';
import { PendingUpdates } from './pending-updates.ts';
import type { TouchLadder } from './touch-ladder.ts';

export interface BooksListener {
  /** Once per symbol and message, after the whole message is applied; `change` is reused. */
  onChange(book: Book, change: BookChange): void;
  onIntegrity(error: BookIntegrityError): void;
}

/** One symbol's book and what the message at hand has done to it so far. */
class Entry {
  readonly book: Book;
  /** By entry type: bids and asks; undefined for what is no level. */
  readonly sides: readonly (TouchLadder | undefined)[];
  readonly change = new BookChange();
  /** Number of the latest message that touched the symbol. */
  message = 0;
  /** The message contradicted the book, or came too early: the rest of it is not applied. */
  refused = false;
  /** Something of the message was applied. */
  touched = false;
  /** MsgSeqNum of the latest message applied. */
  appliedSeqNum = 0;
  /** RptSeq (83) of the latest entry applied; 0 where the venue does not number them. */
  appliedRptSeq = 0;
  /** Numbered entries that wait for a snapshot to continue; made when the first one has to. */
  pending: PendingUpdates | undefined;

  constructor(symbolId: number, depthLevels: number) {
    this.book = new Book(symbolId, depthLevels);
    const { bids, asks } = this.book;
    this.sides = Array.from({ length: ENTRY.OTHER + 1 }, (_, type) =>
      type === ENTRY.BID ? bids : type === ENTRY.OFFER ? asks : undefined,
    );
    this.change.symbolId = symbolId;
  }
}

/** Every configured symbol's book, kept by price from W and X messages. */
export class Books {
  readonly #entries: readonly Entry[];
  readonly #touched: Int32Array;
  #touchedCount = 0;
  #message = 0;
  #dropped = 0;

  /** `depthLevels`: levels a side that a book has room for before it first grows; not a bound. */
  constructor(instruments: InstrumentTable, depthLevels: number) {
    this.#entries = instruments.list.map((_, symbolId) => new Entry(symbolId, depthLevels));
    this.#touched = new Int32Array(this.#entries.length);
  }

  of(symbolId: number): Book {
    const entry = this.#entries[symbolId];
    if (entry === undefined) throw new RangeError(`no book for instrument id ${symbolId} of ${this.#entries.length}`);
    return entry.book;
  }

  /** True until a snapshot makes the book live. */
  needsSnapshot(symbolId: number): boolean {
    return this.of(symbolId).status !== 'live';
  }

  /** Updates passed over because their book was waiting for a snapshot; numbered ones wait with it and are not counted. */
  get droppedUpdates(): number {
    return this.#dropped;
  }

  markStale(symbolId: number, reason: string): void {
    this.of(symbolId).markStale(reason);
  }
  markAllStale(reason: string): void {
    for (const entry of this.#entries) entry.book.markStale(reason);
  }

  /** Applies a message's entries in order, then judges each book it touched and reports one change for each. */
  onMarketData(m: MarketData, listener: BooksListener): void {
    const message = ++this.#message;
    this.#touchedCount = 0;
    let unknown = -1;
    const entries = this.#entries;
    const { count, symbolId, action, entryType, priceTicks, quantityLots, rptSeq } = m;
    let entry: Entry | undefined;
    let id = -1;
    for (let i = 0; i < count; i++) {
      if (symbolId[i] !== id || entry === undefined) {
        id = symbolId[i];
        entry = id < 0 ? undefined : entries[id];
        if (entry === undefined) {
          if (unknown < 0) unknown = i;
          continue;
        }
        if (entry.message !== message) this.#begin(entry, m, i, listener);
      }
      if (rptSeq[i] !== 0 && !this.#isNext(entry, m, i, listener)) continue;
      if (entry.refused) continue;
      entry.touched = true;
      const side = entry.sides[entryType[i]];
      if (side === undefined) this.#applyOther(entry, m, i, listener);
      else {
        const kind = setLevel(side, action[i], priceTicks[i], quantityLots[i]);
        if (kind !== undefined) this.#refuse(entry, kind, m, i, listener);
      }
    }
    if (unknown >= 0) listener.onIntegrity(integrityError('UNKNOWN_SYMBOL', -1, m, unknown));
    for (let t = 0; t < this.#touchedCount; t++) this.#finish(this.#entries[this.#touched[t]] as Entry, m, listener);
  }

  /** The first entry of a message for a symbol: may the message be applied at all? */
  #begin(entry: Entry, m: MarketData, i: number, listener: BooksListener): void {
    const { book, change } = entry;
    entry.message = this.#message;
    entry.refused = false;
    entry.touched = false;
    this.#touched[this.#touchedCount++] = book.symbolId;
    change.timeUs = m.timeUs;
    change.snapshot = m.snapshot;
    change.buyLots = 0;
    change.sellLots = 0;
    change.unsignedLots = 0;
    change.lastTradePriceTicks = 0;
    change.trades = 0;
    const numbered = m.rptSeq[i] !== 0;
    if (m.snapshot && numbered && book.status === 'live' && m.rptSeq[i] < entry.appliedRptSeq) {
      entry.refused = true;
      listener.onIntegrity(integrityError('STALE_SNAPSHOT', book.symbolId, m, -1));
    } else if (m.timeUs < book.timeUs && (m.snapshot ? !numbered : book.status === 'live')) {
      entry.refused = true;
      if (!m.snapshot) book.markStale('TIME_BACKWARDS');
      listener.onIntegrity(integrityError('TIME_BACKWARDS', book.symbolId, m, -1));
    } else if (m.snapshot) {
      book.clear();
    } else if (book.status === 'empty') {
      this.#refuse(entry, 'UPDATE_BEFORE_SNAPSHOT', m, -1, listener);
    } else if (book.status === 'stale') {
      entry.refused = true;
      if (!numbered) this.#dropped++;
    } else if (m.possDup && m.seqNum <= entry.appliedSeqNum) {
      entry.refused = true;
    }
  }

  /**
   * Whether a numbered entry is the next of its book. One that the book has had is passed over; a leap makes the book
   * stale, and what follows waits for the snapshot that it will continue.
   */
  #isNext(entry: Entry, m: MarketData, i: number, listener: BooksListener): boolean {
    const rptSeq = m.rptSeq[i];
    if (m.snapshot) {
      if (!entry.refused) entry.appliedRptSeq = rptSeq;
      return true;
    }
    if (!entry.refused) {
      if (rptSeq === entry.appliedRptSeq + 1 || entry.appliedRptSeq === 0) {
        entry.appliedRptSeq = rptSeq;
        return true;
      }
      if (rptSeq <= entry.appliedRptSeq) return false;
      this.#refuse(entry, 'SEQUENCE_GAP', m, i, listener);
    }
    if (entry.book.status !== 'live') {
      entry.pending ??= new PendingUpdates();
      entry.pending.push(m, i);
    }
    return false;
  }

  /** What concerns no level. */
  #applyOther(entry: Entry, m: MarketData, i: number, listener: BooksListener): void {
    if (m.entryType[i] === ENTRY.TRADE) this.#applyTrade(entry, m, i, listener);
    else if (m.entryType[i] === ENTRY.EMPTY) entry.book.clear();
  }

  /** Continues a snapshot with what came while it was awaited. Trades among it are history by now. */
  #continue(entry: Entry, pending: PendingUpdates, m: MarketData, listener: BooksListener): void {
    const { book } = entry;
    for (let i = 0; i < pending.count; i++) {
      const rptSeq = pending.rptSeq[i];
      if (rptSeq <= entry.appliedRptSeq) continue;
      const type = pending.entryType[i];
      let kind: BookIntegrityKind | undefined = rptSeq === entry.appliedRptSeq + 1 ? undefined : 'SEQUENCE_GAP';
      if (kind === undefined && type === ENTRY.EMPTY) {
        book.clear();
      } else if (kind === undefined && (type === ENTRY.BID || type === ENTRY.OFFER)) {
        const side = type === ENTRY.BID ? book.bids : book.asks;
        kind = setLevel(side, pending.action[i], pending.priceTicks[i], pending.quantityLots[i]);
      }
      if (kind !== undefined) {
        this.#refuse(entry, kind, m, -1, listener);
        return;
      }
      entry.appliedRptSeq = rptSeq;
    }
    entry.change.timeUs = Math.max(entry.change.timeUs, pending.timeUs);
    pending.clear();
  }

  /** Trades never change the book. A snapshot's are history, told before or never: they are not counted. */
  #applyTrade(entry: Entry, m: MarketData, i: number, listener: BooksListener): void {
    const lots = m.quantityLots[i];
    if (lots < 0) {
      this.#refuse(entry, 'NEGATIVE_SIZE', m, i, listener);
      return;
    }
    if (m.snapshot) return;
    const { change } = entry;
    if (m.aggressor[i] > 0) change.buyLots += lots;
    else if (m.aggressor[i] < 0) change.sellLots += lots;
    else change.unsignedLots += lots;
    change.lastTradePriceTicks = m.priceTicks[i];
    change.trades++;
  }

  #refuse(entry: Entry, kind: BookIntegrityKind, m: MarketData, i: number, listener: BooksListener): void {
    entry.refused = true;
    entry.book.markStale(kind);
    listener.onIntegrity(integrityError(kind, entry.book.symbolId, m, i));
  }

  #finish(entry: Entry, m: MarketData, listener: BooksListener): void {
    const { book, pending } = entry;
    if (m.snapshot && !entry.refused && pending !== undefined) this.#continue(entry, pending, m, listener);
    if (entry.refused || !entry.touched) return;
    if (book.crossed) {
      book.markStale('CROSSED');
      listener.onIntegrity({
        ...integrityError('CROSSED', book.symbolId, m, -1),
        priceTicks: book.bidPriceTicks(0),
        quantityLots: book.bidLots(0),
      });
      return;
    }
    entry.appliedSeqNum = m.seqNum;
    entry.change.timeUs = Math.max(entry.change.timeUs, book.timeUs);
    book.settle(entry.change.timeUs);
    listener.onChange(book, entry.change);
  }
}

/** @returns how the entry contradicts the levels that are there, which it then leaves alone */
function setLevel(side: TouchLadder, action: number, priceTicks: number, lots: number): BookIntegrityKind | undefined {
  if (action !== ACTION.DELETE && lots <= 0) return lots < 0 ? 'NEGATIVE_SIZE' : 'ZERO_SIZE';
  return side.apply(action, priceTicks, action === ACTION.DELETE ? 0 : lots) ? undefined : CONTRADICTIONS[action];
}

/** By action. */
const CONTRADICTIONS = ['ADD_OF_EXISTING', 'CHANGE_OF_UNKNOWN', 'DELETE_OF_UNKNOWN'] as const;

/** `i`: the entry to blame, −1 for none. */
function integrityError(kind: BookIntegrityKind, symbolId: number, m: MarketData, i: number): BookIntegrityError {
  return {
    kind,
    symbolId,
    seqNum: m.seqNum,
    timeUs: m.timeUs,
    priceTicks: i < 0 ? 0 : m.priceTicks[i],
    quantityLots: i < 0 ? 0 : m.quantityLots[i],
  };
}
