import { askReachTicks, bidReachTicks, contrast } from '../depth-sums.ts';
import { memoryless } from '../memoryless.ts';

/** Ticks from best to second price, ask against bid: positive, the way up is the easier one. */
export const feature = memoryless('gap-imbalance', 'ticks/ticks', { min: -1, max: 1 }, 'odd', (book) =>
  contrast(askReachTicks(book, 1), bidReachTicks(book, 1)),
);
