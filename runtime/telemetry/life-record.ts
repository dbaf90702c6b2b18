import { SignalPairs } from '../drift/signal-index.ts';
import type { Runtime, RuntimeObserver } from '../runtime.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** Pairs of forecast and outcome that are kept, some twenty minutes of three symbols: ranking them holds nobody up. */
const PAIRS_MAX = 1 << 13;

/** What one life of a runtime recorded since its first step, for whoever judges the slot by it. */
export interface LifeRecord {
  /** Event time. */
  readonly seconds: number;
  readonly earnedMicroUsd: number;
  /** Forecasts at the planner's horizon that were held against what happened; the first ones count, up to a bound. */
  readonly pairs: number;
  /** Event time in which these were made. */
  readonly pairSeconds: number;
  /** Spearman's correlation of these; null when it cannot be told, as for forecasts that are all the same. */
  readonly rankCorrelation: number | null;
  /**
   * Time of a message that led to no decision, nanoseconds; 0 before the first. A tenth takes no longer: what the code costs,
   * while the others tell what else the machine did.
   */
  readonly messageP10Ns: number;
  /** The same of a message that led to a decision, from its decoded form to the last order that it caused. */
  readonly decisionP10Ns: number;
}

/** Watches a runtime from its first step. Reads event time; latencies are told to it. */
export class LifeRecorder {
  readonly observer: RuntimeObserver;
  readonly #horizon: number;
  readonly #horizonUs: number;
  readonly #pairs: SignalPairs | undefined;
  readonly #message = new LatencyHistogram();
  readonly #decision = new LatencyHistogram();
  #decided = false;
  #runtime: Runtime | undefined;
  #startedUs = Number.NaN;
  #startedMicroUsd = 0;
  #pairedUs = Number.NaN;

  /**
   * @param symbols of the instrument table
   * @param horizon index into a forecast, and its length in decisions; undefined without a policy
   */
  constructor(
    symbols: number,
    horizon: { readonly index: number; readonly decisions: number } | undefined,
    decisionIntervalUs: number,
  ) {
    this.#horizon = horizon?.index ?? 0;
    this.#horizonUs = (horizon?.decisions ?? 0) * decisionIntervalUs;
    this.#pairs = horizon && new SignalPairs(symbols, horizon.decisions);
    this.observer = {
      onStep: (timeUs) => this.#onStep(timeUs),
      onForecast: (symbolId, timeUs, forecast) =>
        this.#onForecast(symbolId, timeUs, forecast.mean[this.#horizon] as number),
      onStage: (stage, durationNs) => this.#onStage(stage, durationNs),
    };
  }

  /** The runtime that was built with `observer`. */
  watch(runtime: Runtime): void {
    this.#runtime = runtime;
  }

  read(): LifeRecord {
    const { pipeline, eventClock } = this.#watched();
    const begun = !Number.isNaN(this.#startedUs);
    const correlation = this.#pairs?.correlation() ?? Number.NaN;
    return {
      seconds: begun ? (eventClock.nowUs() - this.#startedUs) / 1e6 : 0,
      earnedMicroUsd: begun ? pipeline.pnl().total - this.#startedMicroUsd : 0,
      pairs: this.#pairs?.count ?? 0,
      pairSeconds: begun && !Number.isNaN(this.#pairedUs) ? (this.#pairedUs - this.#startedUs) / 1e6 : 0,
      rankCorrelation: Number.isNaN(correlation) ? null : correlation,
      messageP10Ns: this.#message.quantileNs(0.1),
      decisionP10Ns: this.#decision.quantileNs(0.1),
    };
  }

  #onStep(timeUs: number): void {
    if (!Number.isNaN(this.#startedUs)) return;
    this.#startedUs = timeUs;
    // A position that was inherited earns from here on; what it had earned before is another life's.
    this.#startedMicroUsd = this.#watched().pipeline.pnl().total;
  }

  #onForecast(symbolId: number, timeUs: number, mean: number): void {
    if (this.#pairs === undefined || this.#pairs.count >= PAIRS_MAX) return;
    this.#pairedUs = timeUs;
    const { pipeline } = this.#watched();
    const midTicks = pipeline.books.of(symbolId).others.midHalfTicks() / 2;
    this.#pairs.add(symbolId, mean, midTicks, pipeline.volatilityTicks(symbolId, this.#horizonUs));
  }

  #onStage(stage: string, durationNs: number): void {
    if (stage === 'decision') this.#decided = true;
    // The outermost stage, which ends last.
    if (stage !== 'book') return;
    (this.#decided ? this.#decision : this.#message).record(durationNs);
    this.#decided = false;
  }

  #watched(): Runtime {
    if (this.#runtime === undefined) throw new Error('the life recorder watches no runtime yet');
    return this.#runtime;
  }
}
