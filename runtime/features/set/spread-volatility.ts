import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { unitTicks, volatilityUnit } from '../volatility.ts';
import { bounded } from '../windows.ts';

const LIMIT = 32;
const HORIZON_US = 10_000_000;

/** The spread in volatility units of ten seconds: what crossing costs against what the mid may do. */
export const feature: Feature = {
  name: 'spread-volatility',
  unit: 'volatility units',
  bounds: { min: 0, max: LIMIT },
  mirror: 'even',
  create: () => new SpreadVolatility(),
};

class SpreadVolatility implements FeatureState {
  readonly #volatility = volatilityUnit();

  onChange(book: BookView, change: BookChange): void {
    this.#volatility.onChange(book, change);
  }

  value(book: BookView): number {
    return bounded(book.spreadTicks() / unitTicks(this.#volatility, HORIZON_US), 0, LIMIT);
  }
}
