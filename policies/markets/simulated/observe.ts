import { BookChange } from '../../../runtime/book/change.ts';
import { DepthView } from '../../../runtime/sim/depth-view.ts';
import { Exchange } from '../../../runtime/sim/exchange.ts';
import type { SymbolProfile } from '../../../runtime/sim/profile.ts';
import { type MarketFigures, MarketStatistics } from '../statistics.ts';

/** Any day will do: 2024-01-02 14:30 UTC. */
export const OPEN_US = 1_704_205_800_000_000;
/** Levels that the statistics compare. */
const LEVELS = 5;

export interface ObserveOptions {
  readonly seed: number;
  readonly informed: boolean;
  readonly minutes: number;
}

/** One symbol on its own exchange, with the first levels of the book and the change of each event. */
export function openOne(
  profile: SymbolProfile,
  options: Omit<ObserveOptions, 'minutes'>,
  levels: number,
  onChange: (view: DepthView, change: BookChange) => void,
): Exchange {
  const exchange = new Exchange({ ...options, startUs: OPEN_US, profiles: [profile] });
  const view = new DepthView(exchange.book(0), levels);
  const change = new BookChange();
  exchange.listen({
    onEvent(event) {
      view.refresh();
      const lots = event.tradeCount === 0 ? 0 : event.signedLots();
      change.timeUs = event.timeUs;
      change.trades = event.tradeCount;
      change.buyLots = Math.max(0, lots);
      change.sellLots = Math.max(0, -lots);
      change.lastTradePriceTicks = event.tradeCount === 0 ? 0 : event.tradePriceTicks[event.tradeCount - 1];
      onChange(view, change);
    },
  });
  return exchange;
}

/** The figures of one symbol over so many minutes after the warm-up. */
export function figuresOf(profile: SymbolProfile, options: ObserveOptions): MarketFigures {
  const statistics = new MarketStatistics();
  const exchange = openOne(profile, options, LEVELS, (view, change) => statistics.onChange(view, change));
  exchange.advanceTo(OPEN_US + options.minutes * 60_000_000);
  return statistics.result();
}
