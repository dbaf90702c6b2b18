import type { BookView } from '../book/book-view.ts';
import type { BookChange } from '../book/change.ts';
import { DecayedSum } from './windows.ts';

/** Half-ticks² per second that an unknown market is taken for, and for how many seconds that counts. */
const PRIOR_VARIANCE = 4;
const PRIOR_SECONDS = 5;

/**
 * Realised variance of the mid per second, in half-ticks²: squared mid returns over at least `sampleUs` each, against
 * the time they took, both in one exponential window. Sampling keeps the bounce between bid and ask out of it.
 */
export class Volatility {
  readonly #sampleUs: number;
  readonly #squares: DecayedSum;
  readonly #seconds: DecayedSum;
  #midHalfTicks = Number.NaN;
  #timeUs = 0;

  constructor(tauUs: number, sampleUs: number) {
    this.#sampleUs = sampleUs;
    this.#squares = new DecayedSum(tauUs);
    this.#seconds = new DecayedSum(tauUs);
  }

  /** Takes the change, not its time: a number this large would be boxed on its way. */
  onChange(book: BookView, change: BookChange): void {
    const { timeUs } = change;
    const mid = book.midHalfTicks();
    if (Number.isNaN(mid)) return;
    if (Number.isNaN(this.#midHalfTicks)) {
      this.#squares.add(timeUs, PRIOR_VARIANCE * PRIOR_SECONDS);
      this.#seconds.add(timeUs, PRIOR_SECONDS);
    } else {
      const elapsedUs = timeUs - this.#timeUs;
      if (elapsedUs < this.#sampleUs) return;
      const move = mid - this.#midHalfTicks;
      this.#squares.add(timeUs, move * move);
      this.#seconds.add(timeUs, elapsedUs / 1e6);
    }
    this.#midHalfTicks = mid;
    this.#timeUs = timeUs;
  }

  /** Half-ticks² per second; the prior before the first two-sided book. */
  variance(): number {
    // Both sums carry the same decay, so that their ratio is the same at any later time.
    const seconds = this.#seconds.at(this.#timeUs);
    return seconds > 0 ? this.#squares.at(this.#timeUs) / seconds : PRIOR_VARIANCE;
  }

  /** Standard deviation of the mid over `horizonUs`, in ticks. */
  ticks(horizonUs: number): number {
    return Math.sqrt((this.variance() * horizonUs) / 1e6) / 2;
  }
}

/** The one volatility unit of labels, forecasts and features: two-minute memory, one-second samples. */
export const UNIT_TAU_US = 120_000_000;
export const UNIT_SAMPLE_US = 1_000_000;
/** The unit never falls below half a tick: a mid cannot move by less. */
export const UNIT_FLOOR_TICKS = 0.5;

export function volatilityUnit(): Volatility {
  return new Volatility(UNIT_TAU_US, UNIT_SAMPLE_US);
}

/** One volatility unit over `horizonUs`, in ticks. */
export function unitTicks(volatility: Volatility, horizonUs: number): number {
  return Math.max(UNIT_FLOOR_TICKS, volatility.ticks(horizonUs));
}
