import { Random } from '../../random.ts';
import type { BookEvent, Sign } from '../book-event.ts';
import { Hawkes } from '../hawkes.ts';
import type { ProviderProfile } from '../profile.ts';
import type { Agent, Floor } from './agent.ts';
import { lotsAround } from './lots.ts';

const CAPACITY = 64;
/** An order this many mean depths from the touch has lost its purpose. */
const FORGOTTEN_DEPTHS = 4;

/**
 * Rests limit orders near the touch, inside the spread at times, and cancels them again: patient traders without an
 * opinion. Its orders go stale, and are taken.
 */
export class Provider implements Agent {
  readonly #owner: number;
  readonly #profile: ProviderProfile;
  readonly #arrivals: Hawkes;
  readonly #orders = new Float64Array(CAPACITY);
  #count = 0;
  #random: Random;

  constructor(owner: number, profile: ProviderProfile, random: Random, startUs: number) {
    this.#owner = owner;
    this.#profile = profile;
    this.#random = random;
    this.#arrivals = new Hawkes(profile.rate, profile.decay, startUs);
  }

  onTrades(event: BookEvent): void {
    this.#arrivals.excite(event.timeUs, this.#profile.offspring);
  }

  act(floor: Floor): number {
    const { orders } = this.#profile;
    // More orders, more cancels: the number hovers around the profile's.
    if (this.#random.float() * 2 * orders < this.#count || this.#count === CAPACITY) this.#cancelOne(floor);
    else this.#submitOne(floor);
    return this.#arrivals.next(floor.nowUs, this.#random, floor.activity);
  }

  state(): unknown {
    return {
      random: this.#random.state(),
      arrivals: this.#arrivals.state(),
      orders: Array.from(this.#orders.subarray(0, this.#count)),
    };
  }

  restore(state: { random: number[]; arrivals: number[]; orders: number[] }): void {
    this.#random = Random.restore(state.random);
    this.#arrivals.restore(state.arrivals);
    this.#orders.set(state.orders);
    this.#count = state.orders.length;
  }

  /** Cancels a forgotten order if there is one, else any; forgets those that traded. */
  #cancelOne(floor: Floor): void {
    const { book } = floor;
    const far = FORGOTTEN_DEPTHS * this.#profile.depthTicks + 2;
    let chosen = -1;
    for (let i = this.#count - 1; i >= 0; i--) {
      const price = book.priceOf(this.#orders[i]);
      if (price === 0) {
        this.#orders[i] = this.#orders[--this.#count];
        if (chosen === this.#count) chosen = i;
      } else if (Math.abs(2 * price - book.midHalfTicks()) > 2 * far) {
        chosen = i;
      }
    }
    if (this.#count === 0) return;
    if (chosen < 0) chosen = this.#random.integer(this.#count);
    const order = this.#orders[chosen];
    this.#orders[chosen] = this.#orders[--this.#count];
    floor.cancel(order);
  }

  #submitOne(floor: Floor): void {
    const { insideShare, depthTicks, lots } = this.#profile;
    const { book } = floor;
    const random = this.#random;
    const sign: Sign = random.bernoulli(0.5) ? 1 : -1;
    const own = sign > 0 ? book.bids.bestTicks : book.asks.bestTicks;
    const spread = book.asks.bestTicks - book.bids.bestTicks;
    if (own === 0 || Number.isNaN(book.midHalfTicks())) return;
    const inside = random.bernoulli(insideShare) && spread > 1;
    const distance = inside
      ? -1 - random.integer(Math.ceil(spread / 3))
      : Math.floor(random.exponential(1 / depthTicks));
    const price = own - sign * distance;
    if (price <= 0 || price >= book.priceLimitTicks) return;
    const id = floor.submit(this.#owner, sign, price, lotsAround(lots, random), 'postOnly');
    if (id !== 0) this.#orders[this.#count++] = id;
  }
}
