import type { BookView } from '../book/book-view.ts';
import type { BookChange } from '../book/change.ts';
import type { Feature, FeatureState } from './feature.ts';
import { bounded, RelativeFlow } from './windows.ts';

/** Memory of what is usual. */
export const USUAL_TAU_US = 300_000_000;
const LIMIT = 10;

/**
 * Order-flow imbalance (Cont, Kukanov, Stoikov 2014) summed over the first `levels` levels: what was added to the bid
 * and taken from the ask, less the reverse, level by level, relative to the usual flow of a window that long.
 */
export function orderFlowImbalance(name: string, tauUs: number, levels: number): Feature {
  return {
    name,
    unit: 'lots/lots',
    bounds: { min: -LIMIT, max: LIMIT },
    mirror: 'odd',
    create: () => new OrderFlow(tauUs, levels),
  };
}

class OrderFlow implements FeatureState {
  readonly #levels: number;
  readonly #flow: RelativeFlow;
  readonly #bidPrice: Float64Array;
  readonly #bidLots: Float64Array;
  readonly #askPrice: Float64Array;
  readonly #askLots: Float64Array;
  #primed = false;

  constructor(tauUs: number, levels: number) {
    this.#levels = levels;
    this.#flow = new RelativeFlow(tauUs, USUAL_TAU_US);
    this.#bidPrice = new Float64Array(levels);
    this.#bidLots = new Float64Array(levels);
    this.#askPrice = new Float64Array(levels);
    this.#askLots = new Float64Array(levels);
  }

  onChange(book: BookView, change: BookChange): void {
    let added = 0;
    for (let i = 0; i < this.#levels; i++) {
      // A level that is not there is one at the worst of prices without lots.
      const bidPrice = i < book.bidCount ? book.bidPriceTicks(i) : -Infinity;
      const bidLots = i < book.bidCount ? book.bidLots(i) : 0;
      const askPrice = i < book.askCount ? book.askPriceTicks(i) : Infinity;
      const askLots = i < book.askCount ? book.askLots(i) : 0;
      if (bidPrice >= this.#bidPrice[i]) added += bidLots;
      if (bidPrice <= this.#bidPrice[i]) added -= this.#bidLots[i];
      if (askPrice <= this.#askPrice[i]) added -= askLots;
      if (askPrice >= this.#askPrice[i]) added += this.#askLots[i];
      this.#bidPrice[i] = bidPrice;
      this.#bidLots[i] = bidLots;
      this.#askPrice[i] = askPrice;
      this.#askLots[i] = askLots;
    }
    // A snapshot tells where the book is, not how it came there.
    if (this.#primed && !change.snapshot && added !== 0) this.#flow.add(change.timeUs, added);
    this.#primed = true;
  }

  value(_book: BookView, timeUs: number): number {
    return bounded(this.#flow.at(timeUs), -LIMIT, LIMIT);
  }
}
