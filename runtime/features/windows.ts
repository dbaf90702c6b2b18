/**
 * Exponential windows in event time: constant memory, constant work, and nothing later than the last call is known.
 * A time before the last one counts as the same time.
 */

/** Σ x·exp(−age/τ). */
export class DecayedSum {
  readonly #tauUs: number;
  #sum = 0;
  #timeUs = Number.NaN;

  constructor(tauUs: number) {
    this.#tauUs = tauUs;
  }

  add(timeUs: number, x: number): void {
    this.#sum = this.at(timeUs) + x;
    if (!(timeUs < this.#timeUs)) this.#timeUs = timeUs;
  }

  at(timeUs: number): number {
    const ageUs = timeUs - this.#timeUs;
    return ageUs > 0 ? this.#sum * Math.exp(-ageUs / this.#tauUs) : this.#sum;
  }
}

/** Time-weighted mean of a value that holds from one call to the next. */
export class DecayedLevel {
  readonly #tauUs: number;
  #mean = Number.NaN;
  #held = Number.NaN;
  #timeUs = Number.NaN;

  constructor(tauUs: number) {
    this.#tauUs = tauUs;
  }

  /** The value is `level` from `timeUs` on. */
  hold(timeUs: number, level: number): void {
    if (Number.isNaN(this.#mean)) this.#mean = level;
    else this.#mean = this.at(timeUs);
    this.#held = level;
    if (!(timeUs < this.#timeUs)) this.#timeUs = timeUs;
  }

  /** NaN before the first `hold`. */
  at(timeUs: number): number {
    const ageUs = timeUs - this.#timeUs;
    return ageUs > 0 ? this.#held + (this.#mean - this.#held) * Math.exp(-ageUs / this.#tauUs) : this.#mean;
  }
}

/**
 * A recent amount against the usual one: the sum over a short window divided by what the absolute amounts of a long
 * window lead one to expect in a window that short. 0 before anything was added. Scale-free: an asset that trades a
 * thousand times as much gives the same figures.
 */
export class RelativeFlow {
  readonly #tauUs: number;
  readonly #usualTauUs: number;
  readonly #recent: DecayedSum;
  readonly #usual: DecayedSum;
  #firstUs = Number.NaN;

  constructor(tauUs: number, usualTauUs: number) {
    this.#tauUs = tauUs;
    this.#usualTauUs = usualTauUs;
    this.#recent = new DecayedSum(tauUs);
    this.#usual = new DecayedSum(usualTauUs);
  }

  add(timeUs: number, amount: number): void {
    if (Number.isNaN(this.#firstUs)) this.#firstUs = timeUs;
    this.#recent.add(timeUs, amount);
    this.#usual.add(timeUs, Math.abs(amount));
  }

  at(timeUs: number): number {
    const usual = this.#usual.at(timeUs);
    if (!(usual > 1e-9)) return 0;
    const seenUs = Math.max(timeUs - this.#firstUs, this.#tauUs);
    const usualWindowUs = this.#usualTauUs * (1 - Math.exp(-seenUs / this.#usualTauUs));
    return this.#recent.at(timeUs) / ((usual * this.#tauUs) / usualWindowUs);
  }
}

/** `x` held to [min, max]; NaN counts as `otherwise`. */
export function bounded(x: number, min: number, max: number, otherwise = 0): number {
  if (Number.isNaN(x)) return otherwise;
  return Math.max(min, Math.min(max, x));
}
