import type { MarketFactory } from '../../runtime/venue/market.ts';
import { replayMarket } from '../../runtime/venue/replay-market.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';

/** A stretch of one market: what is recorded, evaluated and compared. */
export type Slice =
  | { readonly kind: 'simulated'; readonly seed: number; readonly informed: boolean; readonly seconds: number }
  | { readonly kind: 'log'; readonly path: string; readonly fromUs: number; readonly toUs: number };

export interface OpenSlice {
  readonly market: MarketFactory;
  readonly seed: number;
  readonly seconds: number;
}

/** How to open a slice's market, and how long it lasts. @throws LogError when its log cannot be used */
export function openSlice(slice: Slice): OpenSlice {
  if (slice.kind === 'simulated') {
    const { seed, informed, seconds } = slice;
    return { market: warmedUp(simulatedMarket({ seed, informed })), seed, seconds };
  }
  const { path, fromUs, toUs } = slice;
  return { market: replayMarket(path, fromUs), seed: 1, seconds: (toUs - fromUs) / 1e6 };
}

/** States of simulated markets after their warm-up, oldest first: a thread opens the same few slices again and again. */
const warm = new Map<string, string>();
const WARM_KEPT = 64;

/** The same market without living through its warm-up each time; restoring a state continues it bit for bit. */
function warmedUp(factory: MarketFactory): MarketFactory {
  return {
    identity: factory.identity,
    open(state) {
      if (state !== undefined) return factory.open(state);
      const known = warm.get(factory.identity);
      if (known !== undefined) return factory.open(JSON.parse(known));
      const market = factory.open(undefined);
      warm.set(factory.identity, JSON.stringify(market.state()));
      if (warm.size > WARM_KEPT) warm.delete(warm.keys().next().value as string);
      return market;
    },
  };
}
