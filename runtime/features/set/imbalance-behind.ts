import { askDepth, bidDepth, contrast } from '../depth-sums.ts';
import { memoryless } from '../memoryless.ts';

/** (bid − ask) / (bid + ask) lots of levels two to five: what stands behind the best, whoever is ahead there. */
export const feature = memoryless('imbalance-behind', 'lots/lots', { min: -1, max: 1 }, 'odd', (book) =>
  contrast(bidDepth(book, 5) - bidDepth(book, 1), askDepth(book, 5) - askDepth(book, 1)),
);
