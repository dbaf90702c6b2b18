import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { Volatility, volatilityUnit } from '../volatility.ts';
import { bounded } from '../windows.ts';

const LIMIT = 8;

/** Ten-second volatility against two-minute volatility, in doublings: is the market waking up or calming down? */
export const feature: Feature = {
  name: 'volatility-ratio',
  unit: 'doublings',
  bounds: { min: -LIMIT, max: LIMIT },
  mirror: 'even',
  create: () => new VolatilityRatio(),
};

class VolatilityRatio implements FeatureState {
  readonly #fast = new Volatility(10_000_000, 250_000);
  readonly #slow = volatilityUnit();

  onChange(book: BookView, change: BookChange): void {
    this.#fast.onChange(book, change);
    this.#slow.onChange(book, change);
  }

  value(): number {
    return bounded(Math.log2(this.#fast.variance() / this.#slow.variance()) / 2, -LIMIT, LIMIT, 0);
  }
}
