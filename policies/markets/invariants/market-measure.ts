import type { BookView } from '../../../runtime/book/book-view.ts';
import type { BookChange } from '../../../runtime/book/change.ts';
import { populationReference } from '../../../runtime/drift/population-index.ts';
import { SignalPairs } from '../../../runtime/drift/signal-index.ts';
import { catalogue } from '../../../runtime/features/index.ts';
import type { InstrumentTable } from '../../../runtime/instrument.ts';
import { LogError } from '../../../runtime/replay/log-error.ts';
import { simulatedMarket } from '../../../runtime/venue/simulated-market.ts';
import { Decisions, decisionsOfLog, type OnDecision } from '../decisions.ts';
import { MarketStream } from '../market-stream.ts';
import { type MarketFigures, MarketStatistics } from '../statistics.ts';
import type { DataSet } from './data-set.ts';

const DEPTH = 10;
const INTERVAL_US = 250_000;
/** Forecast that stands in where there is no policy, and its horizon in decisions. */
const FORECAST = catalogue.findIndex(({ name }) => name === 'trade-flow-fast');
const HORIZON = 64;

/** Event time of a simulated market's day. */
export const SIMULATED_SECONDS = 3600;
/** Days of it that its data set is learned from: enough windows to say what is usual. */
export const LEARN_SEEDS: readonly number[] = Array.from({ length: 10 }, (_, i) => 8001 + i);

/** Where a stretch of a market comes from. */
export type MarketPart =
  | { readonly kind: 'simulated'; readonly informed: boolean; readonly seed: number; readonly seconds: number }
  | { readonly kind: 'log'; readonly path: string; readonly fromUs: number; readonly toUs: number };

/** What was seen of one symbol at its decisions. */
export interface MeasuredSymbol {
  readonly symbol: string;
  readonly figures: MarketFigures;
  /** Values by feature of the catalogue. */
  readonly columns: readonly (readonly number[])[];
}

export interface MeasuredMarket {
  readonly symbols: readonly MeasuredSymbol[];
  /** Messages that contradicted a book; the measurement ends at the first. */
  readonly contradictions: number;
  /** Rank correlation of the stand-in forecast with what happened, all symbols. */
  readonly informationCoefficient: number;
}

/** Plays a stretch of a market through books and all features. @throws LogError when a log cannot be used */
export function measureMarket(part: MarketPart): MeasuredMarket {
  const measuring = part.kind === 'simulated' ? ofSimulated(part) : ofLog(part);
  return measuring.done();
}

interface SymbolMeasure {
  readonly symbol: string;
  readonly statistics: MarketStatistics;
  readonly columns: readonly number[][];
}

class Measuring {
  contradictions = 0;
  readonly #symbols: readonly SymbolMeasure[];
  readonly #pairs: SignalPairs;

  constructor(instruments: InstrumentTable) {
    this.#symbols = instruments.list.map(({ symbol }) => ({
      symbol,
      statistics: new MarketStatistics(),
      columns: catalogue.map((): number[] => []),
    }));
    this.#pairs = new SignalPairs(instruments.list.length, HORIZON);
  }

  onChange(book: BookView, change: BookChange): void {
    this.#symbols[book.symbolId]?.statistics.onChange(book, change);
  }

  onDecision(decisions: Decisions): OnDecision {
    return (symbolId, _timeUs, row, book) => {
      const { columns } = this.#symbols[symbolId] as SymbolMeasure;
      for (const [f, column] of columns.entries()) column.push(row[f] as number);
      const unitTicks = decisions.rows.volatilityTicks(symbolId, HORIZON * INTERVAL_US);
      this.#pairs.add(symbolId, row[FORECAST] as number, book.midHalfTicks() / 2, unitTicks);
    };
  }

  done(): MeasuredMarket {
    return {
      symbols: this.#symbols.map(({ symbol, statistics, columns }) => ({
        symbol,
        figures: statistics.result(),
        columns,
      })),
      contradictions: this.contradictions,
      informationCoefficient: this.#pairs.correlation(),
    };
  }
}

function ofSimulated({ informed, seed, seconds }: Extract<MarketPart, { kind: 'simulated' }>): Measuring {
  const market = simulatedMarket({ seed, informed }).open(undefined);
  const measuring = new Measuring(market.instruments);
  let listener: OnDecision = () => {};
  const decisions = new Decisions(market.instruments, catalogue, INTERVAL_US, (...decision) => listener(...decision));
  listener = measuring.onDecision(decisions);
  decisions.onEachChange = (book, change) => measuring.onChange(book, change);
  try {
    new MarketStream(market, DEPTH, (message) => decisions.onMessage(message)).advance(seconds);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    measuring.contradictions++;
  } finally {
    market.close();
  }
  return measuring;
}

function ofLog({ path, fromUs, toUs }: Extract<MarketPart, { kind: 'log' }>): Measuring {
  let measuring: Measuring | undefined;
  const open = (log: { readonly instruments: InstrumentTable }, decisions: Decisions): OnDecision => {
    const made = new Measuring(log.instruments);
    measuring = made;
    decisions.onEachChange = (book, change) => {
      if (change.timeUs >= fromUs) made.onChange(book, change);
    };
    const onDecision = made.onDecision(decisions);
    return (symbolId, timeUs, row, book) => {
      if (timeUs >= fromUs) onDecision(symbolId, timeUs, row, book);
    };
  };
  try {
    decisionsOfLog(path, catalogue, INTERVAL_US, open, toUs);
  } catch (error) {
    if (!(error instanceof LogError && measuring !== undefined && error.cause instanceof RangeError)) throw error;
    measuring.contradictions++;
  }
  return measuring as Measuring;
}

/** A market as some stretches of it show it: what it will be held to. */
export function learnDataSet(name: string, market: DataSet['market'], parts: readonly MarketPart[]): DataSet {
  const measured = parts.map(measureMarket);
  const symbols = measured[0]?.symbols.map(({ symbol }) => symbol) ?? [];
  const pooled = (f: number) => measured.map(({ symbols }) => symbols.flatMap(({ columns }) => columns[f] ?? []));
  const correlations = measured.map(({ informationCoefficient }) => informationCoefficient);
  return {
    schema: 'emp/data-set/v1',
    name,
    market,
    invariants: {
      bookContradictionsMax: 0,
      informationCoefficient: mean(correlations),
      population: Object.fromEntries(
        catalogue.map((feature, f) => [feature.name, populationReference(pooled(f).flat(), pooled(f))]),
      ),
      statistics: Object.fromEntries(symbols.map((symbol, s) => [symbol, bandsOf(measured, s)])),
      scaledMedianMax: SCALED_MEDIAN_MAX,
      scaledDeviationMax: SCALED_DEVIATION_MAX,
    },
  };
}

/** A symbol whose middle lies farther from everybody's than this is read as a lasting signal by a model of all. */
const SCALED_MEDIAN_MAX = 2.5;
/** Four times wilder than everybody together, and most of it is at the clip. Seven assets stay below, real and simulated. */
const SCALED_DEVIATION_MAX = 4;
/** Stretches differ by chance: the band is as wide again on either side as they were apart. */
const WIDENED = 1;

function bandsOf(measured: readonly MeasuredMarket[], s: number): DataSet['invariants']['statistics'][string] {
  const band = (
    key: 'eventsPerSecond' | 'tradesPerSecond' | 'spreadTicksMean' | 'returnTicks10s' | 'cancelsPerSubmit',
  ) => {
    const values = measured.map(({ symbols }) => symbols[s]?.figures[key] ?? Number.NaN);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return { low: Math.max(0, low - WIDENED * (high - low)), high: high + WIDENED * (high - low) };
  };
  return {
    eventsPerSecond: band('eventsPerSecond'),
    tradesPerSecond: band('tradesPerSecond'),
    spreadTicksMean: band('spreadTicksMean'),
    returnTicks10s: band('returnTicks10s'),
    cancelsPerSubmit: band('cancelsPerSubmit'),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
