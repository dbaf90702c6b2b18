import type { BookView } from '../../book/book-view.ts';
import { memoryless } from '../memoryless.ts';
import { bounded } from '../windows.ts';

const LEVELS = 5;

/**
 * Microprice of five levels less the mid, as a share of the spread: each side's mean price weighted by the other side's
 * lots. 0 while a side is empty or the book is locked.
 */
export const feature = memoryless('microprice-depth', 'spreads', { min: -32, max: 32 }, 'odd', (book) =>
  book.spreadTicks() > 0 ? bounded(offsetTicks(book) / book.spreadTicks(), -32, 32) : 0,
);

function offsetTicks(book: BookView): number {
  const [best, worst] = [book.bidPriceTicks(0), book.askPriceTicks(0)];
  let [bidLots, bidMoment, askLots, askMoment] = [0, 0, 0, 0];
  for (let i = 0; i < LEVELS && i < book.bidCount; i++) {
    bidLots += book.bidLots(i);
    bidMoment += book.bidLots(i) * (book.bidPriceTicks(i) - best);
  }
  for (let i = 0; i < LEVELS && i < book.askCount; i++) {
    askLots += book.askLots(i);
    askMoment += book.askLots(i) * (book.askPriceTicks(i) - worst);
  }
  // Prices from the mid: half the spread to each best, then to where the lots are.
  const half = (worst - best) / 2;
  const bid = bidMoment / bidLots - half;
  const ask = askMoment / askLots + half;
  return (bid * askLots + ask * bidLots) / (bidLots + askLots);
}
