import type { Attribution } from './attribution/attribution.ts';
import type { Books } from './book/books.ts';
import type { Clock } from './clock.ts';
import type { Limits } from './contract.ts';
import type { Execution } from './execution/execution.ts';
import type { Instrument, InstrumentTable } from './instrument.ts';
import type { RiskView } from './risk/control.ts';

const DAY_US = 86_400_000_000;

/**
 * The account as risk sees it: a view over positions, open orders, books and money that others own, plus what only risk
 * needs: the day's starting equity, its peak, and how many orders the last second saw.
 */
export class Account implements RiskView {
  /** In force now; swapped as a whole. */
  limits: Limits;
  readonly symbols: number;
  /** Set before each check: the largest |mean| of the forecast at hand. */
  forecastSigmas = Number.NaN;
  dayStartEquityMicroUsd = 0;
  peakEquityMicroUsd = 0;
  #day = Number.NaN;
  readonly #clock: Clock;
  readonly #instruments: InstrumentTable;
  readonly #books: Books;
  readonly #execution: Execution;
  readonly #attribution: Attribution;

  constructor(parts: {
    clock: Clock;
    limits: Limits;
    instruments: InstrumentTable;
    books: Books;
    execution: Execution;
    attribution: Attribution;
  }) {
    this.limits = parts.limits;
    this.symbols = parts.instruments.list.length;
    this.#clock = parts.clock;
    this.#instruments = parts.instruments;
    this.#books = parts.books;
    this.#execution = parts.execution;
    this.#attribution = parts.attribution;
  }

  /** Moves the day and the peak with equity; true when the peak rose. */
  mark(): boolean {
    const equity = this.equityMicroUsd;
    const day = Math.floor(this.timeUs / DAY_US);
    if (day !== this.#day) {
      this.#day = day;
      this.dayStartEquityMicroUsd = equity;
    }
    if (equity <= this.peakEquityMicroUsd) return false;
    this.peakEquityMicroUsd = equity;
    return true;
  }

  /** Restores what `mark` had reached before a restart. */
  restore(state: { day: number; dayStartEquityMicroUsd: number; peakEquityMicroUsd: number }): void {
    this.#day = state.day;
    this.dayStartEquityMicroUsd = state.dayStartEquityMicroUsd;
    this.peakEquityMicroUsd = state.peakEquityMicroUsd;
  }

  state(): { day: number; dayStartEquityMicroUsd: number; peakEquityMicroUsd: number } {
    return {
      day: this.#day,
      dayStartEquityMicroUsd: this.dayStartEquityMicroUsd,
      peakEquityMicroUsd: this.peakEquityMicroUsd,
    };
  }

  get timeUs(): number {
    return this.#clock.nowUs();
  }

  get positionKnown(): boolean {
    return this.#execution.positionKnown;
  }

  instrument(symbolId: number): Instrument {
    return this.#instruments.of(symbolId);
  }

  positionLots(symbolId: number): number {
    return this.#execution.positionLots(symbolId);
  }

  openBuyLots(symbolId: number): number {
    return this.#execution.openLots(symbolId, 'buy');
  }

  openSellLots(symbolId: number): number {
    return this.#execution.openLots(symbolId, 'sell');
  }

  bestBidTicks(symbolId: number): number {
    const book = this.#books.of(symbolId);
    return book.status === 'live' && book.others.bidCount > 0 ? book.others.bidPriceTicks(0) : Number.NaN;
  }

  bestAskTicks(symbolId: number): number {
    const book = this.#books.of(symbolId);
    return book.status === 'live' && book.others.askCount > 0 ? book.others.askPriceTicks(0) : Number.NaN;
  }

  midHalfTicks(symbolId: number): number {
    return this.#attribution.midHalfTicks(symbolId);
  }

  bookTimeUs(symbolId: number): number {
    return this.#books.of(symbolId).timeUs;
  }

  ownBestBidTicks(symbolId: number): number {
    return this.#execution.bestPriceTicks(symbolId, 'buy');
  }

  ownBestAskTicks(symbolId: number): number {
    return this.#execution.bestPriceTicks(symbolId, 'sell');
  }

  get openOrders(): number {
    return this.#execution.openOrders;
  }

  get ordersLastSecond(): number {
    return this.#execution.requestsLastSecond(this.timeUs);
  }

  get equityMicroUsd(): number {
    return this.#attribution.equityMicroUsd();
  }
}
