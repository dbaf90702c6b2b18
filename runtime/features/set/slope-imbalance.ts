import { askMeanReachTicks, bidMeanReachTicks, contrast } from '../depth-sums.ts';
import { memoryless } from '../memoryless.ts';

/** How far behind its best a side's lots lie in the mean over ten levels, ask against bid: positive, the bid is steeper. */
export const feature = memoryless('slope-imbalance', 'ticks/ticks', { min: -1, max: 1 }, 'odd', (book) =>
  contrast(askMeanReachTicks(book, 10), bidMeanReachTicks(book, 10)),
);
