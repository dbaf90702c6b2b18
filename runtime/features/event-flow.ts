import type { BookView } from '../book/book-view.ts';
import type { BookChange } from '../book/change.ts';
import type { Feature, FeatureState, Mirror } from './feature.ts';
import { USUAL_TAU_US } from './order-flow.ts';
import { bounded, RelativeFlow } from './windows.ts';

const LIMIT = 20;

/** What one change adds to a flow, from the change alone; 0: nothing. */
export type Amount = (change: BookChange) => number;

/** Something that changes bring, summed over a window, relative to the usual amount of a window that long. */
export function eventFlow(name: string, mirror: Mirror, tauUs: number, amount: Amount): Feature {
  return {
    name,
    unit: 'flow/flow',
    bounds: { min: -LIMIT, max: LIMIT },
    mirror,
    create: () => new EventFlow(tauUs, amount),
  };
}

class EventFlow implements FeatureState {
  readonly #flow: RelativeFlow;
  readonly #amount: Amount;

  constructor(tauUs: number, amount: Amount) {
    this.#flow = new RelativeFlow(tauUs, USUAL_TAU_US);
    this.#amount = amount;
  }

  onChange(_book: BookView, change: BookChange): void {
    const amount = this.#amount(change);
    if (amount !== 0) this.#flow.add(change.timeUs, amount);
  }

  value(_book: BookView, timeUs: number): number {
    return bounded(this.#flow.at(timeUs), -LIMIT, LIMIT);
  }
}
