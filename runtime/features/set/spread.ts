import { memoryless } from '../memoryless.ts';
import { bounded } from '../windows.ts';

/** Best ask − best bid; 0 when a side is empty. */
export const feature = memoryless('spread', 'ticks', { min: 0, max: 256 }, 'even', (book) =>
  bounded(book.spreadTicks(), 0, 256),
);
