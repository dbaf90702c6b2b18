import type { Random } from '../random.ts';

/**
 * A self-exciting arrival process with an exponential kernel, intensity μ + e(t): every arrival (its own, or one it is
 * told of) raises e, which decays with rate β. Sampled exactly, without thinning (Dassios & Zhao 2013): the next
 * arrival is the earlier of one from μ and one from what is left of e.
 */
export class Hawkes {
  /** Excitation e at `#atUs`, arrivals per second. */
  #excitation = 0;
  #atUs: number;
  readonly #base: number;
  readonly #decay: number;

  /** `basePerSecond` μ, `decayPerSecond` β. */
  constructor(basePerSecond: number, decayPerSecond: number, startUs: number) {
    this.#base = basePerSecond;
    this.#decay = decayPerSecond;
    this.#atUs = startUs;
  }

  /** One more event at `timeUs`, each of which brings `offspring` arrivals in the mean. */
  excite(timeUs: number, offspring: number): void {
    this.#decayTo(timeUs);
    this.#excitation += offspring * this.#decay;
  }

  /** When the next arrival comes, seen from `timeUs`, with the base rate times `factor`. Draws anew at each call. */
  next(timeUs: number, random: Random, factor = 1): number {
    this.#decayTo(timeUs);
    let seconds = random.exponential(this.#base * factor);
    if (this.#excitation > 1e-9) {
      const d = 1 + (this.#decay * Math.log(1 - random.float())) / this.#excitation;
      if (d > 0) seconds = Math.min(seconds, -Math.log(d) / this.#decay);
    }
    return timeUs + Math.max(1, Math.round(seconds * 1e6));
  }

  state(): number[] {
    return [this.#excitation, this.#atUs];
  }

  restore(state: readonly number[]): void {
    [this.#excitation, this.#atUs] = state as [number, number];
  }

  #decayTo(timeUs: number): void {
    if (timeUs === this.#atUs) return;
    this.#excitation *= Math.exp((-this.#decay * (timeUs - this.#atUs)) / 1e6);
    this.#atUs = timeUs;
  }
}
