import type { Side } from '../instrument.ts';
import type { BookStatus, BookView } from './book-view.ts';
import { OthersSide } from './others-side.ts';
import { TouchLadder } from './touch-ladder.ts';

export type { BookStatus, BookView };

/** The full displayed depth of one symbol. Only `Books` changes its levels. */
export class Book implements BookView {
  readonly symbolId: number;
  /** The same book without our own resting quantity. Reused: it always shows the present. */
  readonly others: BookView;
  readonly bids: TouchLadder;
  readonly asks: TouchLadder;
  readonly #otherBids: OthersSide;
  readonly #otherAsks: OthersSide;
  #status: BookStatus = 'empty';
  #staleReason = '';
  #timeUs = 0;
  #version = 0;

  constructor(symbolId: number, depthLevels: number) {
    this.symbolId = symbolId;
    this.bids = new TouchLadder(1, depthLevels);
    this.asks = new TouchLadder(-1, depthLevels);
    this.#otherBids = new OthersSide(1, this.bids);
    this.#otherAsks = new OthersSide(-1, this.asks);
    this.others = new OthersBook(this, this.#otherBids, this.#otherAsks);
  }

  get status(): BookStatus {
    return this.#status;
  }
  /** Why the book is stale; empty when it is not. */
  get staleReason(): string {
    return this.#staleReason;
  }
  get timeUs(): number {
    return this.#timeUs;
  }
  /** Another number whenever a message was applied, the status changed, or our own quantity did. */
  get version(): number {
    return this.#version;
  }
  get bidCount(): number {
    return this.bids.count;
  }
  get askCount(): number {
    return this.asks.count;
  }
  bidPriceTicks(i: number): number {
    return this.bids.priceTicks(i);
  }
  bidLots(i: number): number {
    return this.bids.lots(i);
  }
  askPriceTicks(i: number): number {
    return this.asks.priceTicks(i);
  }
  askLots(i: number): number {
    return this.asks.lots(i);
  }
  get crossed(): boolean {
    return isCrossed(this);
  }
  midHalfTicks(): number {
    return midHalfTicks(this);
  }
  spreadTicks(): number {
    return spreadTicks(this);
  }

  /** What rests of ours at a price, in lots; 0 removes it. Outlives snapshots: the owner of orders is the authority. */
  setOwnLots(side: Side, priceTicks: number, lots: number): void {
    (side === 'buy' ? this.#otherBids : this.#otherAsks).setOwnLots(priceTicks, lots);
    this.#version++;
  }
  ownLots(side: Side, priceTicks: number): number {
    return (side === 'buy' ? this.#otherBids : this.#otherAsks).ownLotsAt(priceTicks);
  }

  /** Takes every level away. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** The levels have changed and are in step with the venue as of `timeUs`. */
  settle(timeUs: number): void {
    this.#status = 'live';
    this.#staleReason = '';
    this.#timeUs = timeUs;
    this.#version++;
    this.#otherBids.invalidate();
    this.#otherAsks.invalidate();
  }
  /** Not to be used until the next snapshot. */
  markStale(reason: string): void {
    this.#status = 'stale';
    this.#staleReason = reason;
    this.#version++;
    this.#otherBids.invalidate();
    this.#otherAsks.invalidate();
  }
}

class OthersBook implements BookView {
  readonly #book: Book;
  readonly #bids: OthersSide;
  readonly #asks: OthersSide;

  constructor(book: Book, bids: OthersSide, asks: OthersSide) {
    this.#book = book;
    this.#bids = bids;
    this.#asks = asks;
  }

  get symbolId(): number {
    return this.#book.symbolId;
  }
  get status(): BookStatus {
    return this.#book.status;
  }
  get timeUs(): number {
    return this.#book.timeUs;
  }
  get bidCount(): number {
    return this.#bids.count;
  }
  get askCount(): number {
    return this.#asks.count;
  }
  bidPriceTicks(i: number): number {
    return this.#bids.priceTicks(i);
  }
  bidLots(i: number): number {
    return this.#bids.lots(i);
  }
  askPriceTicks(i: number): number {
    return this.#asks.priceTicks(i);
  }
  askLots(i: number): number {
    return this.#asks.lots(i);
  }
  get crossed(): boolean {
    return isCrossed(this);
  }
  midHalfTicks(): number {
    return midHalfTicks(this);
  }
  spreadTicks(): number {
    return spreadTicks(this);
  }
}

function isTwoSided(book: BookView): boolean {
  return book.bidCount > 0 && book.askCount > 0;
}
function isCrossed(book: BookView): boolean {
  return isTwoSided(book) && book.bidPriceTicks(0) > book.askPriceTicks(0);
}
function midHalfTicks(book: BookView): number {
  return isTwoSided(book) ? book.bidPriceTicks(0) + book.askPriceTicks(0) : Number.NaN;
}
function spreadTicks(book: BookView): number {
  return isTwoSided(book) ? book.askPriceTicks(0) - book.bidPriceTicks(0) : Number.NaN;
}
