import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { volatilityUnit } from '../volatility.ts';
import { bounded } from '../windows.ts';

const LIMIT = 256;

/** Realised volatility of the mid as the volatility unit has it, without its floor; ticks per √s. */
export const feature: Feature = {
  name: 'volatility-slow',
  unit: 'ticks/√s',
  bounds: { min: 0, max: LIMIT },
  mirror: 'even',
  create: () => new SlowVolatility(),
};

class SlowVolatility implements FeatureState {
  readonly #volatility = volatilityUnit();

  onChange(book: BookView, change: BookChange): void {
    this.#volatility.onChange(book, change);
  }

  value(): number {
    return bounded(this.#volatility.ticks(1_000_000), 0, LIMIT);
  }
}
