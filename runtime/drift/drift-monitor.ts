import type { DriftReference, DriftRule } from './drift-rule.ts';
import { PopulationCount } from './population-index.ts';
import { SignalPairs } from './signal-index.ts';

/** What one window of event time was like, against the reference. */
export interface DriftWindow {
  readonly endUs: number;
  readonly decisions: number;
  /** Rank correlation in the window; NaN when it cannot be told. */
  readonly informationCoefficient: number;
  /** Predictive Signal Index: the correlation over the reference's. 1 is as good as when approved, 0 no signal, NaN not judged. */
  readonly signalIndex: number;
  /** Population Stability Index of each feature, in the row's order. */
  readonly populationIndices: readonly number[];
  /** Features whose index is above the rule's and their usual. */
  readonly moved: readonly number[];
  /** Windows in a row in which a feature has moved, of the one that has longest. */
  readonly movedWindows: number;
  /** Weak windows in a row, this one included. */
  readonly weakWindows: number;
  /** Why this is another regime, in words; undefined when it is not. */
  readonly drift: string | undefined;
}

/**
 * Watches decisions in windows of event time and says whether the market is still the one that the policy was approved
 * on. All symbols together: a policy has one reference. Reads no clock, acts on nothing.
 */
export class DriftMonitor {
  readonly #reference: DriftReference;
  readonly #rule: DriftRule;
  readonly #names: readonly string[];
  readonly #counts: readonly PopulationCount[];
  readonly #pairs: SignalPairs;
  readonly #onWindow: (window: DriftWindow) => void;
  #endUs = Number.NaN;
  #decisions = 0;
  #weak = 0;
  /** Windows in a row in which each feature has moved. */
  readonly #movedFor: Uint32Array;

  /**
   * @param names of the features, for words
   * @param horizon of the forecasts given, in decisions
   * @param onWindow called with each window that had enough decisions, at the first decision after it
   */
  constructor(
    reference: DriftReference,
    rule: DriftRule,
    names: readonly string[],
    symbols: number,
    horizon: number,
    onWindow: (window: DriftWindow) => void,
  ) {
    if (reference.features.length !== names.length) {
      throw new RangeError(`drift: the reference has ${reference.features.length} features, the row ${names.length}`);
    }
    this.#reference = reference;
    this.#rule = rule;
    this.#names = names;
    this.#counts = reference.features.map((feature) => new PopulationCount(feature));
    this.#movedFor = new Uint32Array(names.length);
    this.#pairs = new SignalPairs(symbols, horizon);
    this.#onWindow = onWindow;
  }

  /**
   * @param row raw features of the decision
   * @param midTicks NaN while a side is empty
   * @param unitTicks one volatility unit over the horizon
   */
  onDecision(
    symbolId: number,
    timeUs: number,
    row: ArrayLike<number>,
    forecast: number,
    midTicks: number,
    unitTicks: number,
  ): void {
    if (Number.isNaN(this.#endUs)) this.#endUs = timeUs + this.#rule.windowUs;
    if (timeUs >= this.#endUs) this.#close(timeUs);
    this.#decisions++;
    for (let f = 0; f < this.#counts.length; f++) (this.#counts[f] as PopulationCount).add(row[f] as number);
    this.#pairs.add(symbolId, forecast, midTicks, unitTicks);
  }

  #close(timeUs: number): void {
    const endUs = this.#endUs;
    const { windowUs, decisionsMin } = this.#rule;
    // Windows that passed in silence are not told.
    this.#endUs += (Math.floor((timeUs - endUs) / windowUs) + 1) * windowUs;
    if (this.#decisions >= decisionsMin) this.#onWindow(this.#judge(endUs));
    this.#decisions = 0;
    this.#pairs.reset();
    for (const count of this.#counts) count.reset();
  }

  #judge(endUs: number): DriftWindow {
    const rule = this.#rule;
    const reference = this.#reference.informationCoefficient;
    const informationCoefficient = this.#pairs.correlation();
    const judged = reference !== null && reference > 0 && this.#pairs.count >= rule.decisionsMin;
    const signalIndex = judged ? informationCoefficient / reference : Number.NaN;
    // A correlation that cannot be told is one of forecasts that all are the same: no signal.
    const weak = judged && !(signalIndex >= rule.signalIndexMin);
    this.#weak = weak ? this.#weak + 1 : 0;
    const populationIndices = this.#counts.map((count) => count.index());
    const moved: number[] = [];
    for (const [f, { usualIndex }] of this.#reference.features.entries()) {
      const hasMoved = (populationIndices[f] as number) > Math.max(rule.populationIndexMax, usualIndex);
      if (hasMoved) moved.push(f);
      this.#movedFor[f] = hasMoved ? this.#movedFor[f] + 1 : 0;
    }
    return {
      endUs,
      decisions: this.#decisions,
      informationCoefficient,
      signalIndex,
      populationIndices,
      moved,
      movedWindows: Math.max(...this.#movedFor),
      weakWindows: this.#weak,
      drift: this.#drift(signalIndex, populationIndices, moved),
    };
  }

  #drift(signalIndex: number, indices: readonly number[], moved: readonly number[]): string | undefined {
    const rule = this.#rule;
    if (moved.length >= rule.populationFeatures) {
      const worst = [...moved].sort((a, b) => (indices[b] as number) - (indices[a] as number)).slice(0, 3);
      const named = worst.map((f) => `${this.#names[f]} ${(indices[f] as number).toFixed(2)}`).join(', ');
      return `population index above ${rule.populationIndexMax} for ${moved.length} features, ${rule.populationFeatures} are drift: ${named}`;
    }
    const longest = this.#movedFor.indexOf(Math.max(...this.#movedFor));
    if (this.#movedFor[longest] >= rule.populationWindows) {
      return `population index of ${this.#names[longest]} ${(indices[longest] as number).toFixed(2)}, above its usual for ${this.#movedFor[longest]} windows`;
    }
    if (this.#weak >= rule.signalWindows) {
      return `signal index ${signalIndex.toFixed(2)}, below ${rule.signalIndexMin} for ${this.#weak} windows`;
    }
    return undefined;
  }
}
