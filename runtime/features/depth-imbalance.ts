import type { BookView } from '../book/book-view.ts';

/** (bid − ask) / (bid + ask) lots over the first `levels` levels; 0 for an empty book. */
export function depthImbalance(book: BookView, levels: number): number {
  let bid = 0;
  let ask = 0;
  for (let i = 0; i < levels && i < book.bidCount; i++) bid += book.bidLots(i);
  for (let i = 0; i < levels && i < book.askCount; i++) ask += book.askLots(i);
  return bid + ask > 0 ? (bid - ask) / (bid + ask) : 0;
}
