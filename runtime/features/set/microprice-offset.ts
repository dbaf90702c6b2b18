import { depthImbalance } from '../depth-imbalance.ts';
import { memoryless } from '../memoryless.ts';
import { bounded } from '../windows.ts';

/** Microprice − mid: half the spread times the best imbalance; 0 when a side is empty. */
export const feature = memoryless('microprice-offset', 'ticks', { min: -128, max: 128 }, 'odd', (book) =>
  bounded((book.spreadTicks() / 2) * depthImbalance(book, 1), -128, 128),
);
