/** Hand-made markets for tests of this folder. */
import { ACTION, ENTRY, MarketData } from '../fix/market-data.ts';
import { type Instrument, InstrumentTable } from '../instrument.ts';
import type { MarketFactory } from './market.ts';
import { type Recording, ReplayExchange } from './replay-exchange.ts';

export function instrumentNamed(symbol: string): Instrument {
  return {
    symbol,
    tickSize: '0.01',
    lotSize: '1',
    microUsdPerHalfTickLot: 5000,
    takerFeeMicroUsdPerLot: 3000,
    makerFeeMicroUsdPerLot: -2000,
  };
}

export const twoInstruments = new InstrumentTable([instrumentNamed('AAA'), instrumentNamed('BBB')]);

/** `bid 100 5`: the level shows 5 lots, 0 deletes it; `sold 100 5`: 5 lots traded with the seller as aggressor. */
export type Entry = readonly [
  kind: 'bid' | 'ask' | 'sold' | 'bought' | 'traded' | 'empty',
  price: number,
  lots: number,
];

export interface HandMadeMessage {
  readonly timeUs: number;
  readonly snapshot?: boolean;
  readonly symbolId?: number;
  readonly entries: readonly Entry[];
}

const types = {
  bid: ENTRY.BID,
  ask: ENTRY.OFFER,
  sold: ENTRY.TRADE,
  bought: ENTRY.TRADE,
  traded: ENTRY.TRADE,
  empty: ENTRY.EMPTY,
} as const;

export function recordingOf(messages: readonly HandMadeMessage[]): Recording {
  const data = new MarketData();
  let next = 0;
  return {
    next() {
      const message = messages[next++];
      if (message === undefined) return undefined;
      fill(data, message);
      return data;
    },
    skip(count) {
      next += count;
    },
    close() {},
  };
}

/** A market for a venue of two symbols, AAA and BBB. */
export function handMadeMarket(messages: readonly HandMadeMessage[]): MarketFactory {
  return {
    identity: 'hand-made',
    open: (state) => new ReplayExchange(recordingOf(messages), twoInstruments, state),
  };
}

function fill(data: MarketData, { timeUs, snapshot = false, symbolId = 0, entries }: HandMadeMessage): void {
  data.timeUs = timeUs;
  data.snapshot = snapshot;
  data.count = entries.length;
  for (const [i, [kind, price, lots]] of entries.entries()) {
    data.symbolId[i] = symbolId;
    data.entryType[i] = types[kind];
    data.action[i] = lots === 0 ? ACTION.DELETE : snapshot ? ACTION.NEW : ACTION.CHANGE;
    data.priceTicks[i] = price;
    data.quantityLots[i] = lots;
    data.aggressor[i] = kind === 'bought' ? 1 : kind === 'sold' ? -1 : 0;
  }
}
