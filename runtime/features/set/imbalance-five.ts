import { depthImbalance } from '../depth-imbalance.ts';
import { memoryless } from '../memoryless.ts';

/** (bid − ask) / (bid + ask) lots of the first five levels. */
export const feature = memoryless('imbalance-five', 'lots/lots', { min: -1, max: 1 }, 'odd', (book) =>
  depthImbalance(book, 5),
);
