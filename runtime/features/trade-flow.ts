import type { BookView } from '../book/book-view.ts';
import type { BookChange } from '../book/change.ts';
import type { Feature, FeatureState } from './feature.ts';
import { USUAL_TAU_US } from './order-flow.ts';
import { bounded, RelativeFlow } from './windows.ts';

const LIMIT = 10;

/** Lots bought less lots sold by aggressors in a window, relative to the usual volume of a window that long. */
export function tradeFlow(name: string, tauUs: number): Feature {
  return {
    name,
    unit: 'lots/lots',
    bounds: { min: -LIMIT, max: LIMIT },
    mirror: 'odd',
    create: () => new TradeFlow(tauUs),
  };
}

class TradeFlow implements FeatureState {
  readonly #flow: RelativeFlow;

  constructor(tauUs: number) {
    this.#flow = new RelativeFlow(tauUs, USUAL_TAU_US);
  }

  onChange(_book: BookView, change: BookChange): void {
    if (change.buyLots > 0) this.#flow.add(change.timeUs, change.buyLots);
    if (change.sellLots > 0) this.#flow.add(change.timeUs, -change.sellLots);
  }

  value(_book: BookView, timeUs: number): number {
    return bounded(this.#flow.at(timeUs), -LIMIT, LIMIT);
  }
}
