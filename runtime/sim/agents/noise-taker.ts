import { Random } from '../../random.ts';
import type { BookEvent, Sign } from '../book-event.ts';
import { Hawkes } from '../hawkes.ts';
import type { NoiseProfile } from '../profile.ts';
import type { Agent, Floor } from './agent.ts';
import { lotsAround } from './lots.ts';

/**
 * Trades for reasons that have nothing to do with value: parent orders of power-law length, worked as market orders one
 * child at a time, so that the flow's sign persists and tells nothing. Trading attracts trading.
 */
export class NoiseTaker implements Agent {
  readonly #owner: number;
  readonly #profile: NoiseProfile;
  readonly #arrivals: Hawkes;
  #random: Random;
  #sign: Sign = 1;
  /** Children still to come of the current parent. */
  #children = 0;

  constructor(owner: number, profile: NoiseProfile, random: Random, startUs: number) {
    this.#owner = owner;
    this.#profile = profile;
    this.#random = random;
    this.#arrivals = new Hawkes(profile.rate, profile.decay, startUs);
  }

  onTrades(event: BookEvent, floor: Floor): void {
    this.#arrivals.excite(event.timeUs, this.#profile.offspring);
    if (event.takerOwner !== this.#owner) floor.wake(this.#owner, this.#next(floor));
  }

  act(floor: Floor): number {
    const { book } = floor;
    const random = this.#random;
    const profile = this.#profile;
    if (this.#children === 0) {
      this.#sign = random.bernoulli(0.5) ? 1 : -1;
      const length = (1 - random.float()) ** (-1 / profile.parentExponent);
      this.#children = Math.min(profile.parentMax, Math.floor(length));
    }
    const contrary = random.bernoulli(profile.contraryShare);
    const sign: Sign = contrary ? (this.#sign > 0 ? -1 : 1) : this.#sign;
    if (!contrary) this.#children--;
    const best = sign > 0 ? book.asks.bestTicks : book.bids.bestTicks;
    if (best !== 0) floor.submit(this.#owner, sign, best, lotsAround(profile.lots, random), 'ioc');
    return this.#next(floor);
  }

  state(): unknown {
    return {
      random: this.#random.state(),
      arrivals: this.#arrivals.state(),
      sign: this.#sign,
      children: this.#children,
    };
  }

  restore(state: { random: number[]; arrivals: number[]; sign: Sign; children: number }): void {
    this.#random = Random.restore(state.random);
    this.#arrivals.restore(state.arrivals);
    this.#sign = state.sign;
    this.#children = state.children;
  }

  #next(floor: Floor): number {
    return this.#arrivals.next(floor.nowUs, this.#random, floor.activity);
  }
}
