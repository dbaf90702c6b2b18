import type { Instrument } from '../../../runtime/instrument.ts';
import { BadInput } from '../bad-input.ts';
import { type Feed, type FeedEvent, saysSomething } from './feed.ts';
import { IncrementFinder } from './increments.ts';

/** An instrument as a feed shows it, and how the venue prints its numbers. */
export interface FeedInstrument {
  readonly instrument: Instrument;
  /** Decimals in which prices and quantities are printed: as the venue says, else the most that are seen. */
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** Money is counted for contracts of this many lots' worth, so that half a tick on one is whole micro-units. */
  readonly multiplier: number;
}

class Seen {
  readonly prices = new IncrementFinder();
  readonly quantities = new IncrementFinder();
  firstPrice = Number.NaN;
  decimals: FeedEvent['decimals'];
}

/**
 * Reads a whole feed for its symbols, ticks and lots: the coarsest increments that hold every number exactly.
 *
 * @throws BadInput when a number cannot be read, or a symbol shows no price
 */
export async function instrumentsOf(feed: Feed, signal?: AbortSignal): Promise<ReadonlyMap<string, FeedInstrument>> {
  const seen = new Map<string, Seen>();
  for await (const event of feed.events()) {
    signal?.throwIfAborted();
    if (!saysSomething(event)) continue;
    let symbol = seen.get(event.symbol);
    if (symbol === undefined) {
      symbol = new Seen();
      seen.set(event.symbol, symbol);
    }
    take(symbol, event);
  }
  return new Map([...seen].map(([symbol, found]) => [symbol, instrumentOf(symbol, found, feed)]));
}

function take(seen: Seen, { where, bids, asks, trades, decimals }: FeedEvent): void {
  seen.decimals ??= decimals;
  const number = (finder: IncrementFinder, text: string) => {
    if (!finder.add(text)) throw new BadInput(where, 'has a number that cannot be read', text, 'a plain decimal');
  };
  for (const side of [bids, asks]) {
    for (const [price, quantity] of side) {
      number(seen.prices, price);
      number(seen.quantities, quantity);
      if (Number.isNaN(seen.firstPrice)) seen.firstPrice = Number(price);
    }
  }
  for (const { price, quantity } of trades) {
    number(seen.prices, price);
    number(seen.quantities, quantity);
  }
}

function instrumentOf(symbol: string, seen: Seen, { takerBps, makerBps }: Feed): FeedInstrument {
  const tickSize = seen.prices.increment();
  const lotSize = seen.quantities.increment();
  if (tickSize === undefined || lotSize === undefined) {
    throw new BadInput(symbol, 'shows no price or no quantity', 'zeros only', 'a symbol with a book');
  }
  const halfTick = Number(tickSize) * Number(lotSize) * 500_000;
  const multiplier = halfTick >= 1 ? 1 : 10 ** Math.ceil(-Math.log10(halfTick) - 1e-9);
  const notional = seen.firstPrice * Number(lotSize) * multiplier;
  return {
    instrument: {
      symbol,
      tickSize,
      lotSize,
      microUsdPerHalfTickLot: Math.round(halfTick * multiplier),
      // A basis point is a ten-thousandth, a micro-unit a millionth. Fees per lot are those at the first price.
      takerFeeMicroUsdPerLot: Math.round(notional * takerBps * 100),
      makerFeeMicroUsdPerLot: Math.round(notional * makerBps * 100),
    },
    priceDecimals: seen.decimals?.price ?? seen.prices.decimalsWritten,
    quantityDecimals: seen.decimals?.quantity ?? seen.quantities.decimalsWritten,
    multiplier,
  };
}
