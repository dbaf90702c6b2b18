/**
 * Exponential windows in event time: constant memory, constant work, and nothing later than the last call is known.
 * A time before the last one counts as the same time.
 */

/**
 * exp(−age/τ), kept for the age that was asked for last: features of one window mostly ask for the same one in turn. Shared
 * by all of them, since it is a function of nothing else.
 */
class Decay {
  readonly #tauUs: number;
  #ageUs = 0;
  #factor = 1;

  constructor(tauUs: number) {
    this.#tauUs = tauUs;
  }

  over(ageUs: number): number {
    if (ageUs !== this.#ageUs) {
      this.#ageUs = ageUs;
      this.#factor = Math.exp(-ageUs / this.#tauUs);
    }
    return this.#factor;
  }
}

/** By τ: of the time since the last event, and of the time since the first. */
const sinceLast = new Map<number, Decay>();
const sinceFirst = new Map<number, Decay>();

function shared(decays: Map<number, Decay>, tauUs: number): Decay {
  const known = decays.get(tauUs) ?? new Decay(tauUs);
  decays.set(tauUs, known);
  return known;
}

/** Σ x·exp(−age/τ). */
export class DecayedSum {
  readonly #decay: Decay;
  #sum = 0;
  #timeUs = Number.NaN;

  constructor(tauUs: number) {
    this.#decay = shared(sinceLast, tauUs);
  }

  add(timeUs: number, x: number): void {
    this.#sum = this.at(timeUs) + x;
    if (!(timeUs < this.#timeUs)) this.#timeUs = timeUs;
  }

  at(timeUs: number): number {
    const ageUs = timeUs - this.#timeUs;
    return ageUs > 0 ? this.#sum * this.#decay.over(ageUs) : this.#sum;
  }
}

/** Time-weighted mean of a value that holds from one call to the next. */
export class DecayedLevel {
  readonly #decay: Decay;
  #mean = Number.NaN;
  #held = Number.NaN;
  #timeUs = Number.NaN;

  constructor(tauUs: number) {
    this.#decay = shared(sinceLast, tauUs);
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
    return ageUs > 0 ? this.#held + (this.#mean - this.#held) * this.#decay.over(ageUs) : this.#mean;
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
  readonly #unseen: Decay;
  #firstUs = Number.NaN;

  constructor(tauUs: number, usualTauUs: number) {
    this.#tauUs = tauUs;
    this.#usualTauUs = usualTauUs;
    this.#recent = new DecayedSum(tauUs);
    this.#usual = new DecayedSum(usualTauUs);
    this.#unseen = shared(sinceFirst, usualTauUs);
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
    const usualWindowUs = this.#usualTauUs * (1 - this.#unseen.over(seenUs));
    return this.#recent.at(timeUs) / ((usual * this.#tauUs) / usualWindowUs);
  }
}

/** `x` held to [min, max]; NaN counts as `otherwise`. */
export function bounded(x: number, min: number, max: number, otherwise = 0): number {
  if (Number.isNaN(x)) return otherwise;
  return Math.max(min, Math.min(max, x));
}
