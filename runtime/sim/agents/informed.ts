import { Random } from '../../random.ts';
import type { Sign } from '../book-event.ts';
import { Hawkes } from '../hawkes.ts';
import type { InformedProfile } from '../profile.ts';
import type { Value } from '../value.ts';
import type { Agent, Floor } from './agent.ts';
import { lotsAround } from './lots.ts';

/**
 * Knows a private event before the rest and trades on it, split into many orders over its window: mostly crossing, at
 * times resting at the touch; never past the price at which there is nothing left to gain.
 */
export class Informed implements Agent {
  readonly #owner: number;
  readonly #profile: InformedProfile;
  readonly #value: Value;
  readonly #arrivals: Hawkes;
  #random: Random;
  /** Order left resting at the touch; 0 for none. */
  #resting = 0;

  constructor(owner: number, profile: InformedProfile, value: Value, random: Random, startUs: number) {
    this.#owner = owner;
    this.#profile = profile;
    this.#value = value;
    this.#random = random;
    this.#arrivals = new Hawkes(profile.rate, profile.decay, startUs);
  }

  act(floor: Floor): number {
    const secret = this.#value.hiddenTicks;
    if (this.#resting !== 0) floor.cancel(this.#resting);
    this.#resting = 0;
    if (secret === 0) return Number.POSITIVE_INFINITY;
    // The first wake of an event only starts the clock: news takes a while to become an order.
    if (floor.nowUs > this.#value.windowStartUs + 1) this.#trade(floor, secret > 0 ? 1 : -1);
    const next = this.#arrivals.next(floor.nowUs, this.#random);
    return Math.min(next, this.#value.windowEndUs - 1);
  }

  state(): unknown {
    return { random: this.#random.state(), arrivals: this.#arrivals.state(), resting: this.#resting };
  }

  restore(state: { random: number[]; arrivals: number[]; resting: number }): void {
    this.#random = Random.restore(state.random);
    this.#arrivals.restore(state.arrivals);
    this.#resting = state.resting;
  }

  #trade(floor: Floor, sign: Sign): void {
    const { marginTicks, passiveShare, lots, offspring } = this.#profile;
    const { book, nowUs } = floor;
    const own = sign > 0 ? book.bids.bestTicks : book.asks.bestTicks;
    const opposite = sign > 0 ? book.asks.bestTicks : book.bids.bestTicks;
    const worth = this.#value.publicTicks + this.#value.hiddenTicks - sign * marginTicks;
    const size = lotsAround(lots, this.#random);
    if (this.#random.bernoulli(passiveShare)) {
      if (own !== 0 && sign * (worth - own) > 0) {
        this.#resting = floor.submit(this.#owner, sign, own, size, 'postOnly');
      }
    } else if (opposite !== 0 && sign * (worth - opposite) > 0) {
      floor.submit(this.#owner, sign, opposite, size, 'ioc');
      this.#arrivals.excite(nowUs, offspring);
    }
  }
}
