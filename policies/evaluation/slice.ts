import type { MarketFactory } from '../../runtime/venue/market.ts';
import { replayMarket } from '../../runtime/venue/replay-market.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';

/** A stretch of one market: what is recorded, evaluated and compared. */
export type Slice =
  | { readonly kind: 'simulated'; readonly seed: number; readonly informed: boolean; readonly seconds: number }
  /** The market opens at `openUs`; what counts begins at `fromUs`, when features and model are warm. */
  | {
      readonly kind: 'log';
      readonly path: string;
      readonly openUs: number;
      readonly fromUs: number;
      readonly toUs: number;
    };

export interface OpenSlice {
  readonly market: MarketFactory;
  readonly seed: number;
  /** From the market's opening on. */
  readonly seconds: number;
  /** Event time before which nothing counts: no trade, no row. @default everything counts */
  readonly tradeFromUs?: number;
}

/** How to open a slice's market, and how long it lasts. @throws LogError when its log cannot be used */
export function openSlice(slice: Slice): OpenSlice {
  if (slice.kind === 'simulated') {
    const { seed, informed, seconds } = slice;
    return { market: warmedUp(simulatedMarket({ seed, informed })), seed, seconds };
  }
  const { path, openUs, fromUs, toUs } = slice;
  return {
    market: warmedUp(replayMarket(path, openUs)),
    seed: 1,
    seconds: (toUs - openUs) / 1e6,
    tradeFromUs: fromUs,
  };
}

/** States of markets as they open, oldest first: a thread opens the same few slices again and again. */
const warm = new Map<string, string>();
const WARM_KEPT = 64;

/** The same market without living through what lies before its opening each time; restoring a state continues it bit for bit. */
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
