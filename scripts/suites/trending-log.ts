import type { Instrument } from '../../runtime/instrument.ts';
import { Random } from '../../runtime/random.ts';
import type { Recorded } from './recorded-log.ts';

const BEGIN_US = 1_700_000_000_000_000;
const EVENT_US = 250_000;
const LEVELS = 5;
/** Lots at each level: more than the environment's position limit. */
const LOTS = 1000;

/**
 * A market that a policy can learn: one symbol, a spread of one tick, and a price that goes one way for ten to
 * twenty-five seconds, a tick a second and more, with some steps back. Who sees where it went knows where it goes.
 */
export function trendingMarket(seed: number, seconds: number): Recorded[] {
  const random = Random.of(seed, 'trending-market');
  const events: Recorded[] = [];
  let bidTicks = 10_000;
  let direction = 1;
  let left = 0;
  let shown = new Map<string, number>();
  for (let i = 0; i < (seconds * 1e6) / EVENT_US; i++) {
    if (left-- === 0) {
      direction = -direction;
      left = 40 + random.integer(60);
    }
    if (random.bernoulli(0.35)) bidTicks += random.bernoulli(0.95) ? direction : -direction;
    const now = bookAt(bidTicks, random);
    const trade = {
      priceTicks: direction > 0 ? bidTicks + 1 : bidTicks,
      lots: 1 + random.integer(50),
      aggressor: direction > 0 ? 1 : -1,
    } as const;
    events.push({
      symbolId: 0,
      timeUs: BEGIN_US + i * EVENT_US,
      snapshot: i === 0,
      levels: changes(shown, now),
      trades: i > 0 && random.bernoulli(0.2) ? [trade] : [],
    });
    shown = now;
  }
  return events.filter(({ levels, trades }) => levels.length + trades.length > 0);
}

function bookAt(bidTicks: number, random: Random): Map<string, number> {
  const book = new Map<string, number>();
  for (let level = 0; level < LEVELS; level++) {
    book.set(`buy ${bidTicks - level}`, LOTS + random.integer(100));
    book.set(`sell ${bidTicks + 1 + level}`, LOTS + random.integer(100));
  }
  return book;
}

function changes(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): Recorded['levels'] {
  const gone = [...before.keys()].filter((key) => !now.has(key)).map((key) => [key, 0] as const);
  return [...gone, ...now].map(([key, lots]) => {
    const [side, priceTicks] = key.split(' ') as ['buy' | 'sell', string];
    return { side, priceTicks: Number(priceTicks), lots };
  });
}

export const trendingInstrument: Instrument = {
  symbol: 'TREND',
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5000,
  takerFeeMicroUsdPerLot: 3000,
  makerFeeMicroUsdPerLot: -2000,
};
