import { askDepth, bidDepth } from '../depth-sums.ts';
import { memoryless } from '../memoryless.ts';

/** Share of a side's five levels that stands at its best, bid less ask; 0 while a side is empty. */
export const feature = memoryless('concentration-imbalance', 'lots/lots', { min: -1, max: 1 }, 'odd', (book) => {
  if (book.bidCount === 0 || book.askCount === 0) return 0;
  return bidDepth(book, 1) / bidDepth(book, 5) - askDepth(book, 1) / askDepth(book, 5);
});
