import type { BookStatus, BookView } from '../book/book-view.ts';

/** Levels a side that features may read. */
export const LEVELS_READ = 10;

/**
 * The first levels of a book, copied once per change: what forty features then read is a few plain arrays, and no
 * feature can reach deeper than the depth that every environment asks for.
 */
export class TopLevels implements BookView {
  symbolId = -1;
  status: BookStatus = 'empty';
  timeUs = 0;
  bidCount = 0;
  askCount = 0;
  readonly #bidPriceTicks = new Int32Array(LEVELS_READ);
  readonly #askPriceTicks = new Int32Array(LEVELS_READ);
  readonly #bidLots = new Float64Array(LEVELS_READ);
  readonly #askLots = new Float64Array(LEVELS_READ);

  copy(book: BookView): void {
    this.symbolId = book.symbolId;
    this.status = book.status;
    this.timeUs = book.timeUs;
    const bids = Math.min(LEVELS_READ, book.bidCount);
    const asks = Math.min(LEVELS_READ, book.askCount);
    this.bidCount = bids;
    this.askCount = asks;
    for (let i = 0; i < bids; i++) {
      this.#bidPriceTicks[i] = book.bidPriceTicks(i);
      this.#bidLots[i] = book.bidLots(i);
    }
    for (let i = 0; i < asks; i++) {
      this.#askPriceTicks[i] = book.askPriceTicks(i);
      this.#askLots[i] = book.askLots(i);
    }
  }

  bidPriceTicks(i: number): number {
    return this.#bidPriceTicks[i];
  }
  bidLots(i: number): number {
    return this.#bidLots[i];
  }
  askPriceTicks(i: number): number {
    return this.#askPriceTicks[i];
  }
  askLots(i: number): number {
    return this.#askLots[i];
  }
  get crossed(): boolean {
    return this.#twoSided && this.#bidPriceTicks[0] > this.#askPriceTicks[0];
  }
  midHalfTicks(): number {
    return this.#twoSided ? this.#bidPriceTicks[0] + this.#askPriceTicks[0] : Number.NaN;
  }
  spreadTicks(): number {
    return this.#twoSided ? this.#askPriceTicks[0] - this.#bidPriceTicks[0] : Number.NaN;
  }
  get #twoSided(): boolean {
    return this.bidCount > 0 && this.askCount > 0;
  }
}
