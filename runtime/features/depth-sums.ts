import type { BookView } from '../book/book-view.ts';

/** Lots of the first `levels` levels of a side. */
export function bidDepth(book: BookView, levels: number): number {
  let lots = 0;
  for (let i = 0; i < levels && i < book.bidCount; i++) lots += book.bidLots(i);
  return lots;
}
export function askDepth(book: BookView, levels: number): number {
  let lots = 0;
  for (let i = 0; i < levels && i < book.askCount; i++) lots += book.askLots(i);
  return lots;
}

/** Ticks from a side's best to its level `level` (0 is the best), or to its last one; 0 for an empty side. */
export function bidReachTicks(book: BookView, level: number): number {
  if (book.bidCount === 0) return 0;
  return book.bidPriceTicks(0) - book.bidPriceTicks(Math.min(level, book.bidCount - 1));
}
export function askReachTicks(book: BookView, level: number): number {
  if (book.askCount === 0) return 0;
  return book.askPriceTicks(Math.min(level, book.askCount - 1)) - book.askPriceTicks(0);
}

/** How far behind its best a side's lots lie in the mean, ticks, over the first `levels` levels; 0 for an empty side. */
export function bidMeanReachTicks(book: BookView, levels: number): number {
  let lots = 0;
  let moment = 0;
  for (let i = 0; i < levels && i < book.bidCount; i++) {
    lots += book.bidLots(i);
    moment += book.bidLots(i) * (book.bidPriceTicks(0) - book.bidPriceTicks(i));
  }
  return lots > 0 ? moment / lots : 0;
}
export function askMeanReachTicks(book: BookView, levels: number): number {
  let lots = 0;
  let moment = 0;
  for (let i = 0; i < levels && i < book.askCount; i++) {
    lots += book.askLots(i);
    moment += book.askLots(i) * (book.askPriceTicks(i) - book.askPriceTicks(0));
  }
  return lots > 0 ? moment / lots : 0;
}

/** (a − b) / (a + b); 0 where both are. */
export function contrast(a: number, b: number): number {
  return a + b > 0 ? (a - b) / (a + b) : 0;
}
