import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { bounded } from '../windows.ts';

const LIMIT_SECONDS = 60;

/** Event time since the mid last moved, at most a minute; a minute before it ever has. */
export const feature: Feature = {
  name: 'time-since-move',
  unit: 'seconds',
  bounds: { min: 0, max: LIMIT_SECONDS },
  mirror: 'even',
  create: () => new TimeSinceMove(),
};

class TimeSinceMove implements FeatureState {
  #midHalfTicks = Number.NaN;
  #movedUs = Number.NaN;

  onChange(book: BookView, change: BookChange): void {
    const mid = book.midHalfTicks();
    if (Number.isNaN(mid)) return;
    if (!Number.isNaN(this.#midHalfTicks) && mid !== this.#midHalfTicks) this.#movedUs = change.timeUs;
    this.#midHalfTicks = mid;
  }

  value(_book: BookView, timeUs: number): number {
    return bounded((timeUs - this.#movedUs) / 1e6, 0, LIMIT_SECONDS, LIMIT_SECONDS);
  }
}
