import type { BookView } from '../book/book-view.ts';
import type { BookChange } from '../book/change.ts';
import type { Feature, FeatureState, Mirror } from './feature.ts';
import { USUAL_TAU_US } from './order-flow.ts';
import { bounded, DecayedLevel } from './windows.ts';

/** Eight doublings either way. */
const LIMIT = 8;

/**
 * A positive quantity of the book against its own time-weighted mean of five minutes, in doublings: 0 is usual, 1 twice
 * as much. 0 while the quantity is not there. Free of the asset's lot and price.
 */
export function usualLevel(name: string, mirror: Mirror, level: (book: BookView) => number): Feature {
  return {
    name,
    unit: 'doublings',
    bounds: { min: -LIMIT, max: LIMIT },
    mirror,
    create: () => new UsualLevel(level),
  };
}

class UsualLevel implements FeatureState {
  readonly #level: (book: BookView) => number;
  readonly #usual = new DecayedLevel(USUAL_TAU_US);

  constructor(level: (book: BookView) => number) {
    this.#level = level;
  }

  onChange(book: BookView, change: BookChange): void {
    const level = this.#level(book);
    if (level > 0) this.#usual.hold(change.timeUs, level);
  }

  value(book: BookView, timeUs: number): number {
    const level = this.#level(book);
    return level > 0 ? bounded(Math.log2(level / this.#usual.at(timeUs)), -LIMIT, LIMIT) : 0;
  }
}
