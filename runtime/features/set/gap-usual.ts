import { askReachTicks, bidReachTicks } from '../depth-sums.ts';
import { usualLevel } from '../usual-level.ts';

/** Ticks from best to second price, both sides, against the usual: what a small order moves when it clears the best. */
export const feature = usualLevel('gap-usual', 'even', (book) => bidReachTicks(book, 1) + askReachTicks(book, 1));
