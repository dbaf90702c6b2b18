import { backtest } from '../../runtime/backtest.ts';
import type { Limits, RuntimeConfig } from '../../runtime/contract.ts';
import { FeatureRows } from '../../runtime/features/rows.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Offered } from './oracle.ts';
import { openSlice, type Slice } from './slice.ts';

/** One symbol of one slice, row by row: what was seen at each decision, and what the market then offered. */
export interface SymbolSeries {
  readonly symbol: string;
  /** Raw feature rows, row-major: decisions × features. */
  readonly rows: Float32Array;
  readonly timeUs: Float64Array;
  readonly midTicks: Float64Array;
  /** Volatility units in ticks, row-major: decisions × horizons. */
  readonly unitTicks: Float64Array;
  readonly offered: Offered;
}

/** Lowest price that nobody sold down to. */
const NOBODY = 0x7fffffff;

class SeriesBuilder {
  readonly #symbol: string;
  readonly #rows: number[] = [];
  readonly #timeUs: number[] = [];
  readonly #midTicks: number[] = [];
  readonly #unitTicks: number[] = [];
  readonly #bid: number[] = [];
  readonly #ask: number[] = [];
  readonly #soldDownTo: number[] = [];
  readonly #boughtUpTo: number[] = [];

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  onRow(timeUs: number, row: Float32Array, bid: number, ask: number, units: readonly number[]): void {
    this.#rows.push(...row);
    this.#timeUs.push(timeUs);
    this.#midTicks.push((bid + ask) / 2);
    this.#unitTicks.push(...units);
    this.#bid.push(bid);
    this.#ask.push(ask);
    this.#soldDownTo.push(NOBODY);
    this.#boughtUpTo.push(0);
  }

  onTrade(priceTicks: number, aggressor: number): void {
    const last = this.#bid.length - 1;
    if (last < 0) return;
    if (aggressor <= 0) this.#soldDownTo[last] = Math.min(this.#soldDownTo[last] as number, priceTicks);
    if (aggressor >= 0) this.#boughtUpTo[last] = Math.max(this.#boughtUpTo[last] as number, priceTicks);
  }

  done(): SymbolSeries {
    return {
      symbol: this.#symbol,
      rows: Float32Array.from(this.#rows),
      timeUs: Float64Array.from(this.#timeUs),
      midTicks: Float64Array.from(this.#midTicks),
      unitTicks: Float64Array.from(this.#unitTicks),
      offered: {
        bidTicks: Int32Array.from(this.#bid),
        askTicks: Int32Array.from(this.#ask),
        soldDownToTicks: Int32Array.from(this.#soldDownTo),
        boughtUpToTicks: Int32Array.from(this.#boughtUpTo),
      },
    };
  }
}

/** Watches a slice without trading: the same pipeline with no policy, so that training sees what serving will see. */
export function record(
  slice: Slice,
  config: RuntimeConfig,
  limits: Limits,
  horizons: readonly number[],
): SymbolSeries[] {
  const { market, seed, seconds, tradeFromUs = 0 } = openSlice(slice);
  const builders = config.instruments.map(({ symbol }) => new SeriesBuilder(symbol));
  let runtime: Runtime | undefined;
  backtest({
    market,
    seed,
    config,
    limits,
    policy: undefined,
    seconds,
    onStart: (started) => {
      runtime = started;
    },
    observer: {
      onRow: (symbolId, timeUs, row) => {
        if (timeUs < tradeFromUs) return;
        const { pipeline } = runtime as Runtime;
        const { others } = pipeline.books.of(symbolId);
        if (others.bidCount === 0 || others.askCount === 0) return;
        const units = horizons.map((decisions) =>
          pipeline.volatilityTicks(symbolId, decisions * config.decisionIntervalUs),
        );
        builders[symbolId]?.onRow(timeUs, row, others.bidPriceTicks(0), others.askPriceTicks(0), units);
      },
      onChange: (symbolId, change) => {
        if (change.trades === 0) return;
        const sign = change.buyLots > 0 === change.sellLots > 0 ? 0 : change.buyLots > 0 ? 1 : -1;
        builders[symbolId]?.onTrade(change.lastTradePriceTicks, sign);
      },
    },
  });
  return builders.map((builder) => builder.done());
}

/** Features in a row, by name: the schema that a policy trained on recordings carries. */
export const featureNames = FeatureRows.names;
export const featureDigest = FeatureRows.digest;
