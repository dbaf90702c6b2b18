import type { BookView } from '../book/book-view.ts';
import type { BookChange } from '../book/change.ts';
import type { Feature, FeatureState } from './feature.ts';
import { unitTicks, volatilityUnit } from './volatility.ts';
import { bounded, DecayedLevel } from './windows.ts';

const LIMIT = 10;

/** The mid against its own time-weighted mean over a window, in volatility units of that window. */
export function midReturn(name: string, tauUs: number): Feature {
  return {
    name,
    unit: 'volatility units',
    bounds: { min: -LIMIT, max: LIMIT },
    mirror: 'odd',
    create: () => new MidReturn(tauUs),
  };
}

class MidReturn implements FeatureState {
  readonly #tauUs: number;
  readonly #mean: DecayedLevel;
  readonly #volatility = volatilityUnit();
  #midHalfTicks = Number.NaN;

  constructor(tauUs: number) {
    this.#tauUs = tauUs;
    this.#mean = new DecayedLevel(tauUs);
  }

  onChange(book: BookView, change: BookChange): void {
    this.#volatility.onChange(book, change);
    const mid = book.midHalfTicks();
    // While a side is empty the last known mid goes on.
    if (Number.isNaN(mid)) return;
    this.#midHalfTicks = mid;
    this.#mean.hold(change.timeUs, mid);
  }

  value(_book: BookView, timeUs: number): number {
    const ticks = (this.#midHalfTicks - this.#mean.at(timeUs)) / 2;
    return bounded(ticks / unitTicks(this.#volatility, this.#tauUs), -LIMIT, LIMIT);
  }
}
