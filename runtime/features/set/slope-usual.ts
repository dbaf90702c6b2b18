import { askMeanReachTicks, bidMeanReachTicks } from '../depth-sums.ts';
import { usualLevel } from '../usual-level.ts';

/** How far behind the best prices the lots of ten levels lie in the mean, against the usual: a flat or a steep book. */
export const feature = usualLevel(
  'slope-usual',
  'even',
  (book) => bidMeanReachTicks(book, 10) + askMeanReachTicks(book, 10),
);
