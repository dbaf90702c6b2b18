import type { BookView } from '../../book/book-view.ts';
import { memoryless } from '../memoryless.ts';

const LEVELS = 10;

/** Imbalance of ten levels, each lot weighted by 1 / (1 + ticks behind its own side's best). */
export const feature = memoryless('imbalance-weighted', 'lots/lots', { min: -1, max: 1 }, 'odd', weightedImbalance);

function weightedImbalance(book: BookView): number {
  let bid = 0;
  let ask = 0;
  for (let i = 0; i < LEVELS && i < book.bidCount; i++) {
    bid += book.bidLots(i) / (1 + book.bidPriceTicks(0) - book.bidPriceTicks(i));
  }
  for (let i = 0; i < LEVELS && i < book.askCount; i++) {
    ask += book.askLots(i) / (1 + book.askPriceTicks(i) - book.askPriceTicks(0));
  }
  return bid + ask > 0 ? (bid - ask) / (bid + ask) : 0;
}
