import { openSlice, type Slice } from '../policies/evaluation/slice.ts';
import type { MarketEvent } from '../runtime/features/market-event.ts';
import { ACTION } from '../runtime/fix/market-data.ts';
import type { InstrumentTable, Side } from '../runtime/instrument.ts';
import { LevelWindow } from '../runtime/venue/level-window.ts';
import type { Market, MarketEvent as VenueEvent } from '../runtime/venue/market.ts';

export interface RecordedSymbol {
  readonly symbol: string;
  /** The first is a snapshot. */
  readonly events: readonly MarketEvent[];
}

/** What a subscriber to `depth` levels a side would be told of each of a slice's symbols, as plain data. */
export function recordMarket(slice: Slice, instruments: InstrumentTable, depth: number): RecordedSymbol[] {
  const { market: factory, seconds } = openSlice(slice);
  const market = factory.open(undefined);
  try {
    const symbols = instruments.list.map(({ symbol }) => new SymbolRecorder(market, symbol, depth));
    market.listen({
      onFill: () => {},
      onEvent: (event) => symbols.find(({ marketId }) => marketId === event.symbolId)?.onEvent(event),
    });
    market.advanceTo(market.timeUs + seconds * 1e6);
    return symbols;
  } finally {
    market.close();
  }
}

class SymbolRecorder implements RecordedSymbol {
  readonly symbol: string;
  readonly marketId: number;
  readonly events: MarketEvent[] = [];
  readonly #market: Market;
  readonly #depth: number;
  readonly #bids: LevelWindow;
  readonly #asks: LevelWindow;

  constructor(market: Market, symbol: string, depth: number) {
    this.#bids = new LevelWindow('buy', depth);
    this.#asks = new LevelWindow('sell', depth);
    this.symbol = symbol;
    this.marketId = market.instruments.idOf(symbol);
    this.#market = market;
    this.#depth = depth;
    if (this.marketId < 0) throw new Error(`market: has no symbol ${symbol}, which the environment trades`);
    this.events.push({ timeUs: market.timeUs, snapshot: true, levels: this.#changedLevels(), trades: [] });
  }

  onEvent(event: VenueEvent): void {
    const levels = this.#changedLevels();
    const trades = event.tradeLots.map((lots, i) => ({
      priceTicks: event.tradePriceTicks[i] as number,
      lots,
      aggressor: event.tradeAggressor[i] as 1 | -1 | 0,
    }));
    if (levels.length > 0 || trades.length > 0) {
      this.events.push({ timeUs: event.timeUs, snapshot: false, levels, trades });
    }
  }

  #changedLevels(): MarketEvent['levels'] {
    return [...this.#changed('buy', this.#bids), ...this.#changed('sell', this.#asks)];
  }

  #changed(side: Side, window: LevelWindow): MarketEvent['levels'] {
    window.show((into) => this.#market.levels(this.marketId, side, this.#depth, into));
    return Array.from({ length: window.count }, (_, i) => ({
      side,
      priceTicks: window.priceTicks[i] as number,
      lots: window.action[i] === ACTION.DELETE ? 0 : (window.lots[i] as number),
    }));
  }
}
