import { askDepth, bidDepth } from '../depth-sums.ts';
import { usualLevel } from '../usual-level.ts';

/** Lots of the first ten levels of both sides, against their usual. */
export const feature = usualLevel('depth-ten-usual', 'even', (book) => bidDepth(book, 10) + askDepth(book, 10));
