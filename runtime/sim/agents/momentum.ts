import { Random } from '../../random.ts';
import type { MomentumProfile } from '../profile.ts';
import type { Agent, Floor } from './agent.ts';
import { lotsAround } from './lots.ts';

/** Follows moves of the public mid: buys what has risen unusually far above its own recent mean, sells what has fallen. */
export class Momentum implements Agent {
  readonly #owner: number;
  readonly #profile: MomentumProfile;
  #random: Random;
  #atUs: number;
  /** Exponential mean and variance of the mid, ticks; NaN before the first. */
  #mean = Number.NaN;
  #variance = 0;

  constructor(owner: number, profile: MomentumProfile, random: Random, startUs: number) {
    this.#owner = owner;
    this.#profile = profile;
    this.#random = random;
    this.#atUs = startUs;
  }

  act(floor: Floor): number {
    const { rate, lots, threshold } = this.#profile;
    const { book, nowUs } = floor;
    const mid = book.midHalfTicks() / 2;
    if (!Number.isNaN(mid)) {
      const trend = this.#observe(mid, nowUs);
      if (Math.abs(trend) > threshold) {
        const sign = trend > 0 ? 1 : -1;
        const best = sign > 0 ? book.asks.bestTicks : book.bids.bestTicks;
        floor.submit(this.#owner, sign, best, lotsAround(lots, this.#random), 'ioc');
      }
    }
    return nowUs + Math.round(this.#random.exponential(rate) * 1e6);
  }

  state(): unknown {
    const known = !Number.isNaN(this.#mean);
    return { random: this.#random.state(), known, values: [this.#atUs, known ? this.#mean : 0, this.#variance] };
  }

  restore(state: { random: number[]; known: boolean; values: number[] }): void {
    this.#random = Random.restore(state.random);
    [this.#atUs, this.#mean, this.#variance] = state.values as [number, number, number];
    if (!state.known) this.#mean = Number.NaN;
  }

  /** How far the mid is from its mean, in standard deviations. */
  #observe(mid: number, nowUs: number): number {
    if (Number.isNaN(this.#mean)) this.#mean = mid;
    const keep = Math.exp(-(nowUs - this.#atUs) / 1e6 / this.#profile.windowSeconds);
    const distance = mid - this.#mean;
    this.#mean = mid - keep * distance;
    this.#variance = keep * (this.#variance + (1 - keep) * distance * distance);
    this.#atUs = nowUs;
    return this.#variance > 0 ? distance / Math.sqrt(this.#variance) : 0;
  }
}
