import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import { depthImbalance } from '../depth-imbalance.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { unitTicks, volatilityUnit } from '../volatility.ts';
import { bounded } from '../windows.ts';

const LIMIT = 10;
const HORIZON_US = 1_000_000;

/** Microprice − mid in volatility units of one second. */
export const feature: Feature = {
  name: 'microprice-volatility',
  unit: 'volatility units',
  bounds: { min: -LIMIT, max: LIMIT },
  mirror: 'odd',
  create: () => new MicropriceVolatility(),
};

class MicropriceVolatility implements FeatureState {
  readonly #volatility = volatilityUnit();

  onChange(book: BookView, change: BookChange): void {
    this.#volatility.onChange(book, change);
  }

  value(book: BookView): number {
    const offset = (book.spreadTicks() / 2) * depthImbalance(book, 1);
    return bounded(offset / unitTicks(this.#volatility, HORIZON_US), -LIMIT, LIMIT);
  }
}
