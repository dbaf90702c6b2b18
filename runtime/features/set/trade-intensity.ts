import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { USUAL_TAU_US } from '../order-flow.ts';
import { bounded, RelativeFlow } from '../windows.ts';

const LIMIT = 20;

/** Trades of the last five seconds against the usual number: 1 is usual, 0 is silence. */
export const feature: Feature = {
  name: 'trade-intensity',
  unit: 'trades/trades',
  bounds: { min: 0, max: LIMIT },
  mirror: 'even',
  create: () => new TradeIntensity(),
};

class TradeIntensity implements FeatureState {
  readonly #trades = new RelativeFlow(5_000_000, USUAL_TAU_US);

  onChange(_book: BookView, change: BookChange): void {
    if (change.trades > 0) this.#trades.add(change.timeUs, change.trades);
  }

  value(_book: BookView, timeUs: number): number {
    return bounded(this.#trades.at(timeUs), 0, LIMIT);
  }
}
