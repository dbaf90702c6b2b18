import { askDepth, bidDepth } from '../depth-sums.ts';
import { usualLevel } from '../usual-level.ts';

/** Lots at both best prices, against their usual. */
export const feature = usualLevel('queue-usual', 'even', (book) => bidDepth(book, 1) + askDepth(book, 1));
