import type { BookView } from '../../runtime/book/book-view.ts';
import type { BookChange } from '../../runtime/book/change.ts';
import { LevelFlow } from './level-flow.ts';
import { MidSamples } from './mid-samples.ts';
import { autocorrelation, hillExponent, meanOf, WeightedHistogram } from './series.ts';

/** What two markets are compared by. Means over time weight by how long a state held. */
export interface MarketFigures {
  /** Event time covered. */
  readonly seconds: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly trades: number;
  readonly tradesPerSecond: number;
  /** Over time. */
  readonly spreadTicksMean: number;
  readonly spreadTicksMedian: number;
  /** Mean lots of level 1…5 over time, both sides; a missing level counts 0. */
  readonly depthLots: readonly number[];
  /** The same, level 1 being 1. */
  readonly depthRelative: readonly number[];
  /** Autocorrelation at lags 1…50 of the aggressor's sign, in trade time; prints at one instant on one side are one. */
  readonly flowAutocorrelation: readonly number[];
  /** Mean of absolute mid returns' autocorrelation over lags 1…20. */
  readonly absoluteReturnAutocorrelation1s: number;
  readonly absoluteReturnAutocorrelation10s: number;
  /** Hill exponent of the largest 5 % of absolute mid returns. */
  readonly tailExponent1s: number;
  readonly tailExponent10s: number;
  /** Standard deviation of mid returns. */
  readonly returnTicks1s: number;
  readonly returnTicks10s: number;
  /** Levels that grew, and that shrank by more than traded, within the first five levels. */
  readonly submits: number;
  readonly cancels: number;
  readonly cancelsPerSubmit: number;
  /** Mean lots of a submit, of a cancel, and of a trade. */
  readonly submitLots: number;
  readonly cancelLots: number;
  readonly tradeLots: number;
}

const LEVELS = 5;
const FLOW_LAGS = 50;
const RETURN_LAGS = 20;
const TAIL_SHARE = 0.05;

/** Statistics of one symbol's market from nothing but its books and changes, so that any W/X stream can be compared. */
export class MarketStatistics {
  readonly #spread = new WeightedHistogram();
  readonly #depth = new Float64Array(LEVELS);
  readonly #signs: number[] = [];
  readonly #mid1s = new MidSamples(1_000_000);
  readonly #mid10s = new MidSamples(10_000_000);
  readonly #flow = new LevelFlow();
  readonly #heldDepth = new Float64Array(LEVELS);
  #heldSpread = Number.NaN;
  #firstUs = Number.NaN;
  #timeUs = Number.NaN;
  #signUs = Number.NaN;
  #events = 0;
  #trades = 0;
  #tradeLots = 0;

  onChange(book: BookView, change: BookChange): void {
    const { timeUs } = change;
    if (this.#events === 0) this.#firstUs = timeUs;
    else this.#weigh(timeUs - this.#timeUs);
    this.#events++;
    this.#timeUs = timeUs;
    this.#trades += change.trades;
    this.#tradeLots += change.buyLots + change.sellLots + change.unsignedLots;
    if (change.buyLots > 0) this.#sign(timeUs, 1);
    if (change.sellLots > 0) this.#sign(timeUs, -1);
    const mid = book.midHalfTicks();
    this.#mid1s.hold(timeUs, mid);
    this.#mid10s.hold(timeUs, mid);
    this.#flow.onChange(book, change);
    this.#hold(book);
  }

  result(): MarketFigures {
    const seconds = (this.#timeUs - this.#firstUs) / 1e6;
    const returns1s = this.#mid1s.returns();
    const returns10s = this.#mid10s.returns();
    const depthLots = Array.from(this.#depth, (lotSeconds) => lotSeconds / (2 * seconds));
    const { submits, cancels, submitLots, cancelLots } = this.#flow;
    return {
      seconds,
      events: this.#events,
      eventsPerSecond: this.#events / seconds,
      trades: this.#trades,
      tradesPerSecond: this.#trades / seconds,
      spreadTicksMean: this.#spread.mean(),
      spreadTicksMedian: this.#spread.quantile(0.5),
      depthLots,
      depthRelative: depthLots.map((lots) => lots / (depthLots[0] as number)),
      flowAutocorrelation: autocorrelation(this.#signs, FLOW_LAGS),
      absoluteReturnAutocorrelation1s: meanOf(autocorrelation(returns1s.map(Math.abs), RETURN_LAGS)),
      absoluteReturnAutocorrelation10s: meanOf(autocorrelation(returns10s.map(Math.abs), RETURN_LAGS)),
      tailExponent1s: hillExponent(returns1s, TAIL_SHARE),
      tailExponent10s: hillExponent(returns10s, TAIL_SHARE),
      returnTicks1s: deviationTicks(returns1s),
      returnTicks10s: deviationTicks(returns10s),
      submits,
      cancels,
      cancelsPerSubmit: cancels / submits,
      submitLots: submitLots / submits,
      cancelLots: cancelLots / cancels,
      tradeLots: this.#tradeLots / this.#trades,
    };
  }

  /** The state of the latest change held for `elapsedUs`. */
  #weigh(elapsedUs: number): void {
    const seconds = elapsedUs / 1e6;
    if (!Number.isNaN(this.#heldSpread)) this.#spread.add(this.#heldSpread, seconds);
    for (let i = 0; i < LEVELS; i++) this.#depth[i] += this.#heldDepth[i] * seconds;
  }

  #hold(book: BookView): void {
    this.#heldSpread = book.spreadTicks();
    for (let i = 0; i < LEVELS; i++) {
      const bid = i < book.bidCount ? book.bidLots(i) : 0;
      const ask = i < book.askCount ? book.askLots(i) : 0;
      this.#heldDepth[i] = bid + ask;
    }
  }

  /** One order that meets several resting ones prints several trades, at one instant: it is one sign. */
  #sign(timeUs: number, sign: 1 | -1): void {
    if (timeUs === this.#signUs && this.#signs.at(-1) === sign) return;
    this.#signUs = timeUs;
    this.#signs.push(sign);
  }
}

function deviationTicks(returnsHalfTicks: Float64Array): number {
  const mean = meanOf(returnsHalfTicks);
  return Math.sqrt(meanOf(returnsHalfTicks.map((r) => (r - mean) ** 2))) / 2;
}
