import type { PnlParts } from './attribution/attribution.ts';
import type { BookView } from './book/book-view.ts';
import type { Fill } from './execution/fill.ts';
import type { Forecast } from './inference/forecast.ts';
import { signOf } from './instrument.ts';
import type { DisableSpell } from './planner/disables.ts';
import type { Runtime, RuntimeObserver } from './runtime.ts';
import { RealisedForecasts } from './telemetry/realised.ts';

const LEVELS = 10;
const FILLS_KEPT = 50;
const SPELLS_KEPT = 50;
const PAIRS_KEPT = 200;

type Level = readonly [priceTicks: number, lots: number, ownLots: number];

/** What one symbol looks like at a moment. */
export interface SymbolSnapshot {
  readonly symbol: string;
  readonly tickSize: string;
  readonly status: string;
  readonly positionLots: number;
  readonly midHalfTicks: number | null;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly lastForecast: { readonly mean: readonly number[]; readonly logScale: readonly number[] } | null;
  readonly disables: readonly DisableSpell[];
  readonly workingOrders: readonly { clOrdId: string; side: 'buy' | 'sell'; priceTicks: number; leavesLots: number }[];
  readonly pnl: PnlParts;
}

/** The runtime at a moment: what `/stream` sends, `/audit` begins with, and the page draws. */
export interface RuntimeSnapshot {
  readonly timeUs: number;
  readonly mode: 'paper' | 'live';
  readonly environment: string;
  readonly policyDigest: string | null;
  readonly session: 'up' | 'down';
  readonly positionKnown: boolean;
  readonly horizonsUs: readonly number[];
  readonly symbols: readonly SymbolSnapshot[];
  readonly disables: readonly DisableSpell[];
  /** Ended spells, latest last. */
  readonly history: readonly {
    reason: string;
    symbol: string | null;
    evidence: string;
    sinceUs: number;
    untilUs: number;
  }[];
  readonly pnl: PnlParts;
  readonly fills: readonly {
    execId: string;
    clOrdId: string;
    symbol: string;
    side: 'buy' | 'sell';
    lots: number;
    priceTicks: number;
    liquidity: 'maker' | 'taker';
    timeUs: number;
    edgeMicroUsd: number;
  }[];
  readonly fillCount: number;
  readonly decisions: number;
  readonly denials: Readonly<Record<string, number>>;
  readonly forecasts: readonly { symbol: string; horizon: number; mean: number; realised: number }[];
}

export interface SnapshotOptions {
  readonly mode: 'paper' | 'live';
  readonly environment: string;
  readonly policyDigest: string | null;
  /** Horizons of the policy, in decisions; empty without one. */
  readonly horizons: readonly number[];
  readonly decisionIntervalUs: number;
  readonly symbols: number;
}

/** Watches a runtime and keeps what a person wants to see of the latest past. */
export class SnapshotRecorder {
  readonly observer: RuntimeObserver;
  readonly #options: SnapshotOptions;
  readonly #realised: RealisedForecasts;
  readonly #lastForecast: ({ mean: number[]; logScale: number[] } | undefined)[] = [];
  readonly #fills: RuntimeSnapshot['fills'][number][] = [];
  readonly #history: RuntimeSnapshot['history'][number][] = [];
  readonly #denials: Record<string, number> = {};
  #fillCount = 0;
  #session: 'up' | 'down' = 'down';
  #runtime: Runtime | undefined;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#realised = new RealisedForecasts(options.symbols, options.horizons, PAIRS_KEPT);
    this.observer = {
      onForecast: (symbolId, _timeUs, forecast) => this.#onForecast(symbolId, forecast),
      onFill: (fill) => this.#onFill(fill),
      onDenial: ({ reason }) => {
        this.#denials[reason] = (this.#denials[reason] ?? 0) + 1;
      },
      onEnable: (spell, symbolId) => this.#onEnable(spell, symbolId),
      onSession: (state) => {
        this.#session = state;
      },
    };
  }

  /** The runtime that was built with `observer`. */
  watch(runtime: Runtime): void {
    this.#runtime = runtime;
  }

  snapshot(): RuntimeSnapshot {
    const runtime = this.#watched();
    const { pipeline, instruments, eventClock } = runtime;
    const { mode, environment, policyDigest, horizons, decisionIntervalUs } = this.#options;
    return {
      timeUs: eventClock.nowUs(),
      mode,
      environment,
      policyDigest,
      session: this.#session,
      positionKnown: pipeline.execution.positionKnown,
      horizonsUs: horizons.map((decisions) => decisions * decisionIntervalUs),
      symbols: instruments.list.map((_, symbolId) => this.#symbol(runtime, symbolId)),
      disables: pipeline.disables.active,
      history: this.#history,
      pnl: pipeline.pnl(),
      fills: this.#fills,
      fillCount: this.#fillCount,
      decisions: pipeline.decisions,
      denials: this.#denials,
      forecasts: this.#realised.pairs.map(({ symbolId, ...pair }) => ({
        symbol: instruments.of(symbolId).symbol,
        ...pair,
      })),
    };
  }

  #symbol({ pipeline, instruments }: Runtime, symbolId: number): SymbolSnapshot {
    const { symbol, tickSize } = instruments.of(symbolId);
    const book = pipeline.books.of(symbolId);
    const { execution } = pipeline;
    const mid = book.others.midHalfTicks();
    return {
      symbol,
      tickSize,
      status: book.status,
      positionLots: execution.positionLots(symbolId),
      midHalfTicks: Number.isNaN(mid) ? null : mid,
      bids: levels(book.bidCount, (i) => {
        const price = book.bidPriceTicks(i);
        return [price, book.bidLots(i), execution.restingLots(symbolId, 'buy', price)];
      }),
      asks: levels(book.askCount, (i) => {
        const price = book.askPriceTicks(i);
        return [price, book.askLots(i), execution.restingLots(symbolId, 'sell', price)];
      }),
      lastForecast: this.#lastForecast[symbolId] ?? null,
      disables: pipeline.symbolDisables(symbolId).active,
      workingOrders: [...execution.orders()]
        .filter((order) => order.first.symbolId === symbolId)
        .map(({ clOrdId, first, priceTicks, leavesLots }) => ({ clOrdId, side: first.side, priceTicks, leavesLots })),
      pnl: pipeline.attribution.parts(symbolId),
    };
  }

  #onForecast(symbolId: number, forecast: Forecast): void {
    this.#lastForecast[symbolId] = { mean: [...forecast.mean], logScale: [...forecast.logScale] };
    const { pipeline } = this.#watched();
    const book: BookView = pipeline.books.of(symbolId).others;
    this.#realised.onForecast(symbolId, forecast, book.midHalfTicks(), (horizon) =>
      pipeline.volatilityTicks(symbolId, (this.#options.horizons[horizon] ?? 0) * this.#options.decisionIntervalUs),
    );
  }

  #onFill(fill: Fill): void {
    const { instruments } = this.#watched();
    const { symbol, microUsdPerHalfTickLot } = instruments.of(fill.symbolId);
    const { execId, clOrdId, side, priceTicks, liquidity, timeUs, quantityLots } = fill;
    const edge = signOf(side) * quantityLots * (fill.midHalfTicks - 2 * priceTicks) * microUsdPerHalfTickLot;
    this.#fillCount++;
    this.#fills.push({
      execId,
      clOrdId,
      symbol,
      side,
      lots: quantityLots,
      priceTicks,
      liquidity,
      timeUs,
      edgeMicroUsd: edge,
    });
    if (this.#fills.length > FILLS_KEPT) this.#fills.shift();
  }

  #onEnable(spell: DisableSpell, symbolId: number | undefined): void {
    const { instruments, eventClock } = this.#watched();
    const symbol = symbolId === undefined ? null : instruments.of(symbolId).symbol;
    this.#history.push({ ...spell, symbol, untilUs: eventClock.nowUs() });
    if (this.#history.length > SPELLS_KEPT) this.#history.shift();
  }

  #watched(): Runtime {
    if (this.#runtime === undefined) throw new Error('the snapshot recorder watches no runtime yet');
    return this.#runtime;
  }
}

function levels(count: number, at: (i: number) => Level): Level[] {
  return Array.from({ length: Math.min(count, LEVELS) }, (_, i) => at(i));
}
