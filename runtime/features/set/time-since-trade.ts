import type { BookView } from '../../book/book-view.ts';
import type { BookChange } from '../../book/change.ts';
import type { Feature, FeatureState } from '../feature.ts';
import { bounded } from '../windows.ts';

const LIMIT_SECONDS = 60;

/** Event time since the latest trade, at most a minute; a minute before the first. */
export const feature: Feature = {
  name: 'time-since-trade',
  unit: 'seconds',
  bounds: { min: 0, max: LIMIT_SECONDS },
  mirror: 'even',
  create: () => new TimeSinceTrade(),
};

class TimeSinceTrade implements FeatureState {
  #tradeUs = Number.NaN;

  onChange(_book: BookView, change: BookChange): void {
    if (change.trades > 0) this.#tradeUs = change.timeUs;
  }

  value(_book: BookView, timeUs: number): number {
    return bounded((timeUs - this.#tradeUs) / 1e6, 0, LIMIT_SECONDS, LIMIT_SECONDS);
  }
}
