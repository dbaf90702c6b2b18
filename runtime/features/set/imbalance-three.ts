import { depthImbalance } from '../depth-imbalance.ts';
import { memoryless } from '../memoryless.ts';

/** (bid − ask) / (bid + ask) lots of the first three levels. */
export const feature = memoryless('imbalance-three', 'lots/lots', { min: -1, max: 1 }, 'odd', (book) =>
  depthImbalance(book, 3),
);
