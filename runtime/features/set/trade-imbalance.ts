import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import { contrast } from '../depth-sums.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { DecayedSum } from '../windows.ts';

const TAU_US = 30_000_000;

/** (bought − sold) / (bought + sold) lots of aggressors, 30 s window; 0 before the first. */
export const feature: Feature = {
  name: 'trade-imbalance',
  unit: 'lots/lots',
  bounds: { min: -1, max: 1 },
  mirror: 'odd',
  create: () => new TradeImbalance(),
};

class TradeImbalance implements FeatureState {
  readonly #bought = new DecayedSum(TAU_US);
  readonly #sold = new DecayedSum(TAU_US);

  onChange(_book: BookView, change: BookChange): void {
    if (change.buyLots > 0) this.#bought.add(change.timeUs, change.buyLots);
    if (change.sellLots > 0) this.#sold.add(change.timeUs, change.sellLots);
  }

  value(_book: BookView, timeUs: number): number {
    return contrast(this.#bought.at(timeUs), this.#sold.at(timeUs));
  }
}
