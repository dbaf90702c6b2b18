import type { BookView } from '../../runtime/book/book-view.ts';
import type { BookChange } from '../../runtime/book/change.ts';

/** Levels that are compared. */
const LEVELS = 5;

/**
 * Submits and cancels told from depth alone: between two books a level that grew was submitted to; one that shrank by
 * more than its side traded was cancelled from. Several orders at one price in one message count once. A level that
 * enters or leaves the first five because others went or came counts as neither, so that a feed of five levels and one
 * of full depth give the same.
 */
export class LevelFlow {
  submits = 0;
  cancels = 0;
  submitLots = 0;
  cancelLots = 0;
  readonly #bids = new SideLevels(1);
  readonly #asks = new SideLevels(-1);

  onChange(book: BookView, change: BookChange): void {
    this.#bids.load(book);
    this.#asks.load(book);
    if (!change.snapshot) {
      this.#count(this.#bids, change.sellLots);
      this.#count(this.#asks, change.buyLots);
    }
    this.#bids.keep();
    this.#asks.keep();
  }

  /** `tradedLots`: what aggressors took from this side. */
  #count(side: SideLevels, tradedLots: number): void {
    const { before, after } = side;
    for (let i = 0; i < after.count; i++) {
      const price = after.prices[i] as number;
      if (!side.covers(before, price)) continue;
      const grown = (after.lots[i] as number) - before.lotsAt(price);
      if (grown > 0) {
        this.submits++;
        this.submitLots += grown;
      }
    }
    let traded = tradedLots;
    for (let i = 0; i < before.count; i++) {
      const price = before.prices[i] as number;
      if (!side.covers(after, price)) continue;
      const shrunk = (before.lots[i] as number) - after.lotsAt(price);
      if (shrunk <= 0) continue;
      const cancelled = shrunk - traded;
      traded = Math.max(0, traded - shrunk);
      if (cancelled > 0) {
        this.cancels++;
        this.cancelLots += cancelled;
      }
    }
  }
}

class Levels {
  readonly prices = new Float64Array(LEVELS);
  readonly lots = new Float64Array(LEVELS);
  count = 0;

  lotsAt(priceTicks: number): number {
    for (let i = 0; i < this.count; i++) if (this.prices[i] === priceTicks) return this.lots[i] as number;
    return 0;
  }
}

class SideLevels {
  before = new Levels();
  after = new Levels();
  readonly #sign: 1 | -1;

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  load(book: BookView): void {
    const { after } = this;
    after.count = Math.min(LEVELS, this.#sign > 0 ? book.bidCount : book.askCount);
    for (let i = 0; i < after.count; i++) {
      after.prices[i] = this.#sign > 0 ? book.bidPriceTicks(i) : book.askPriceTicks(i);
      after.lots[i] = this.#sign > 0 ? book.bidLots(i) : book.askLots(i);
    }
  }

  /** Whether `levels` would show a level at that price. */
  covers(levels: Levels, priceTicks: number): boolean {
    return levels.count < LEVELS || this.#sign * (priceTicks - (levels.prices[LEVELS - 1] as number)) >= 0;
  }

  keep(): void {
    const spare = this.before;
    this.before = this.after;
    this.after = spare;
  }
}
