import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { USUAL_TAU_US } from '../order-flow.ts';
import { bounded, RelativeFlow } from '../windows.ts';

const LIMIT = 20;

/** Moves of the mid in the last ten seconds against their usual number. */
export const feature: Feature = {
  name: 'move-intensity',
  unit: 'moves/moves',
  bounds: { min: 0, max: LIMIT },
  mirror: 'even',
  create: () => new MoveIntensity(),
};

class MoveIntensity implements FeatureState {
  readonly #moves = new RelativeFlow(10_000_000, USUAL_TAU_US);
  #midHalfTicks = Number.NaN;

  onChange(book: BookView, change: BookChange): void {
    const mid = book.midHalfTicks();
    if (Number.isNaN(mid)) return;
    if (!Number.isNaN(this.#midHalfTicks) && mid !== this.#midHalfTicks) this.#moves.add(change.timeUs, 1);
    this.#midHalfTicks = mid;
  }

  value(_book: BookView, timeUs: number): number {
    return bounded(this.#moves.at(timeUs), 0, LIMIT);
  }
}
