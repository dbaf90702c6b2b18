import { askDepth, bidDepth } from '../depth-sums.ts';
import { usualLevel } from '../usual-level.ts';

/** Lots of the first five levels of both sides, against their usual. */
export const feature = usualLevel('depth-five-usual', 'even', (book) => bidDepth(book, 5) + askDepth(book, 5));
