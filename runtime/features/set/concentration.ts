import { askDepth, bidDepth } from '../depth-sums.ts';
import { memoryless } from '../memoryless.ts';

/** Share of the first five levels' lots that stands at the best prices; 0 for an empty book. */
export const feature = memoryless('concentration', 'lots/lots', { min: 0, max: 1 }, 'even', (book) => {
  const all = bidDepth(book, 5) + askDepth(book, 5);
  return all > 0 ? (bidDepth(book, 1) + askDepth(book, 1)) / all : 0;
});
