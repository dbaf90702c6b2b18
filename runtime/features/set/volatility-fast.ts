import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { Volatility } from '../volatility.ts';
import { bounded } from '../windows.ts';

const LIMIT = 256;

/** Realised volatility of the mid, ten-second memory, quarter-second samples; ticks per √s. */
export const feature: Feature = {
  name: 'volatility-fast',
  unit: 'ticks/√s',
  bounds: { min: 0, max: LIMIT },
  mirror: 'even',
  create: () => new FastVolatility(),
};

class FastVolatility implements FeatureState {
  readonly #volatility = new Volatility(10_000_000, 250_000);

  onChange(book: BookView, change: BookChange): void {
    this.#volatility.onChange(book, change);
  }

  value(): number {
    return bounded(this.#volatility.ticks(1_000_000), 0, LIMIT);
  }
}
