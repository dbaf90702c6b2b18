import { crc32 } from 'node:zlib';
import type { BookView } from '../../../runtime/book/book-view.ts';
import type { FeedInstrument } from './feed-instruments.ts';

const LEVELS = 10;

/**
 * Kraken's book checksum: CRC32 over the ten best asks, best first, then the ten best bids, each level's price and
 * volume as printed, without the point and leading zeros (docs.kraken.com, "book checksum").
 */
export function krakenChecksum(
  book: BookView,
  { instrument, priceDecimals, quantityDecimals }: FeedInstrument,
): number {
  const price = unitsPer(instrument.tickSize, priceDecimals);
  const quantity = unitsPer(instrument.lotSize, quantityDecimals);
  let text = '';
  for (let i = 0; i < LEVELS && i < book.askCount; i++) {
    text += `${book.askPriceTicks(i) * price}${book.askLots(i) * quantity}`;
  }
  for (let i = 0; i < LEVELS && i < book.bidCount; i++) {
    text += `${book.bidPriceTicks(i) * price}${book.bidLots(i) * quantity}`;
  }
  return crc32(text);
}

/** How many of the last printed decimal one increment is: a whole number. */
function unitsPer(increment: string, decimals: number): number {
  return Math.round(Number(increment) * 10 ** decimals);
}
