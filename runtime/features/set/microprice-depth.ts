import { memoryless } from '../memoryless.ts';

const LEVELS = 5;

/**
 * Microprice of five levels less the mid, as a share of the width between the mean prices of the two sides; each side's mean
 * price is weighted by the other side's lots. Where levels lie far apart behind a narrow spread it stays within the same
 * range as elsewhere, as a share of the spread would not. 0 while a side is empty or the book is locked.
 */
export const feature = memoryless('microprice-depth', 'widths', { min: -1, max: 1 }, 'odd', (book) => {
  if (!(book.spreadTicks() > 0)) return 0;
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
  return (bid * askLots + ask * bidLots) / ((bidLots + askLots) * (ask - bid));
});
