import { askReachTicks, bidReachTicks } from '../depth-sums.ts';
import { usualLevel } from '../usual-level.ts';

/** Ticks from best to fifth price, both sides, against the usual. */
export const feature = usualLevel('width-usual', 'even', (book) => bidReachTicks(book, 4) + askReachTicks(book, 4));
