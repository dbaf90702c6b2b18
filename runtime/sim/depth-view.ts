import type { BookStatus, BookView } from '../book/book-view.ts';
import type { BookSide } from './book-side.ts';
import type { MatchingBook } from './matching-book.ts';

/** The first levels of a matching book, read as any book is read; `refresh` brings it up to the present. */
export class DepthView implements BookView {
  readonly symbolId: number;
  readonly #book: MatchingBook;
  readonly #levels: number;
  readonly #bidPrices: Int32Array;
  readonly #bidLots: Int32Array;
  readonly #askPrices: Int32Array;
  readonly #askLots: Int32Array;
  bidCount = 0;
  askCount = 0;
  timeUs = 0;

  constructor(book: MatchingBook, levels: number) {
    this.symbolId = book.event.symbolId;
    this.#book = book;
    this.#levels = levels;
    this.#bidPrices = new Int32Array(levels);
    this.#bidLots = new Int32Array(levels);
    this.#askPrices = new Int32Array(levels);
    this.#askLots = new Int32Array(levels);
  }

  refresh(): void {
    this.timeUs = this.#book.event.timeUs;
    this.bidCount = read(this.#book.bids, this.#levels, this.#bidPrices, this.#bidLots);
    this.askCount = read(this.#book.asks, this.#levels, this.#askPrices, this.#askLots);
  }

  get status(): BookStatus {
    return this.timeUs === 0 ? 'empty' : 'live';
  }
  get crossed(): boolean {
    return false;
  }
  bidPriceTicks(i: number): number {
    return this.#bidPrices[i];
  }
  bidLots(i: number): number {
    return this.#bidLots[i];
  }
  askPriceTicks(i: number): number {
    return this.#askPrices[i];
  }
  askLots(i: number): number {
    return this.#askLots[i];
  }
  midHalfTicks(): number {
    return this.#book.midHalfTicks();
  }
  spreadTicks(): number {
    return this.bidCount === 0 || this.askCount === 0 ? Number.NaN : this.#askPrices[0] - this.#bidPrices[0];
  }
}

function read(side: BookSide, levels: number, prices: Int32Array, lots: Int32Array): number {
  let count = 0;
  for (let price = side.bestTicks; price !== 0 && count < levels; price = side.behind(price)) {
    prices[count] = price;
    lots[count] = side.lotsAt(price);
    count++;
  }
  return count;
}
