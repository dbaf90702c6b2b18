import { Random } from '../../random.ts';
import type { Sign } from '../book-event.ts';
import { Hawkes } from '../hawkes.ts';
import type { InformedProfile } from '../profile.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import type { Agent } from './agent.ts';
import { lotsAround } from './lots.ts';

/**
 * Knows a private event before the rest and trades on it, split into many orders over its window: mostly crossing, at
 * times resting at the touch; never past the price at which there is nothing left to gain.
 */
export class Informed implements Agent {
  readonly #owner: number;
  readonly #profile: InformedProfile;
  readonly #arrivals: Hawkes;
  #random: Random;
  /** Order left resting at the touch; 0 for none. */
  #resting = 0;

  constructor(owner: number, profile: InformedProfile, random: Random, startUs: number) {
    this.#owner = owner;
    this.#profile = profile;
    this.#random = random;
    this.#arrivals = new Hawkes(profile.rate, profile.decay, startUs);
  }

  act(market: SymbolMarket): number {
    const secret = market.value.hiddenTicks;
    if (this.#resting !== 0) market.cancel(this.#resting);
    this.#resting = 0;
    if (secret === 0) return Number.POSITIVE_INFINITY;
    // The first wake of an event only starts the clock: news takes a while to become an order.
    if (market.nowUs > market.value.windowStartUs + 1) this.#trade(market, secret > 0 ? 1 : -1);
    const next = this.#arrivals.next(market.nowUs, this.#random);
    return Math.min(next, market.value.windowEndUs - 1);
  }

  state(): unknown {
    return { random: this.#random.state(), arrivals: this.#arrivals.state(), resting: this.#resting };
  }

  restore(state: { random: number[]; arrivals: number[]; resting: number }): void {
    this.#random = Random.restore(state.random);
    this.#arrivals.restore(state.arrivals);
    this.#resting = state.resting;
  }

  #trade(market: SymbolMarket, sign: Sign): void {
    const { marginTicks, passiveShare, lots, offspring } = this.#profile;
    const { book, value, nowUs } = market;
    const own = sign > 0 ? book.bids.bestTicks : book.asks.bestTicks;
    const opposite = sign > 0 ? book.asks.bestTicks : book.bids.bestTicks;
    const worth = value.publicTicks + value.hiddenTicks - sign * marginTicks;
    const size = lotsAround(lots, this.#random);
    if (this.#random.bernoulli(passiveShare)) {
      if (own !== 0 && sign * (worth - own) > 0) {
        this.#resting = market.submit(this.#owner, sign, own, size, 'postOnly');
      }
    } else if (opposite !== 0 && sign * (worth - opposite) > 0) {
      market.submit(this.#owner, sign, opposite, size, 'ioc');
      this.#arrivals.excite(nowUs, offspring);
    }
  }
}
