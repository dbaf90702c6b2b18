import { depthImbalance } from '../depth-imbalance.ts';
import { memoryless } from '../memoryless.ts';

/** (bid − ask) / (bid + ask) lots at the best prices. */
export const feature = memoryless('imbalance-best', 'lots/lots', { min: -1, max: 1 }, 'odd', (book) =>
  depthImbalance(book, 1),
);
