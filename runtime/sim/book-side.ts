import type { Sign } from './book-event.ts';
import type { OrderPool } from './order-pool.ts';

/** One side of a book: a queue of orders at every price, and the best price. */
export class BookSide {
  readonly sign: Sign;
  /** Best price, ticks; 0 when the side is empty. */
  bestTicks = 0;
  /** Prices with orders. */
  levels = 0;
  readonly #pool: OrderPool;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  readonly #lots: Int32Array;

  constructor(sign: Sign, pool: OrderPool, priceLimitTicks: number) {
    this.sign = sign;
    this.#pool = pool;
    this.#head = new Int32Array(priceLimitTicks).fill(-1);
    this.#tail = new Int32Array(priceLimitTicks).fill(-1);
    this.#lots = new Int32Array(priceLimitTicks);
  }

  lotsAt(priceTicks: number): number {
    return this.#lots[priceTicks];
  }

  /** Slot of the oldest order at a price, −1 when there is none. */
  oldestAt(priceTicks: number): number {
    return this.#head[priceTicks];
  }

  /** The next price with orders behind `priceTicks`, which has orders itself; 0 when it is the last. */
  behind(priceTicks: number): number {
    const step = -this.sign;
    const limit = this.#lots.length;
    for (let price = priceTicks + step; price > 0 && price < limit; price += step) {
      if (this.#lots[price] > 0) return price;
    }
    return 0;
  }

  /** Puts a slot, its fields filled, at the end of its price's queue. */
  append(slot: number): void {
    const pool = this.#pool;
    const price = pool.priceTicks[slot];
    const tail = this.#tail[price];
    pool.previous[slot] = tail;
    pool.next[slot] = -1;
    if (tail < 0) {
      this.#head[price] = slot;
      this.levels++;
      if (this.bestTicks === 0 || this.sign * (price - this.bestTicks) > 0) this.bestTicks = price;
    } else {
      pool.next[tail] = slot;
    }
    this.#tail[price] = slot;
    this.#lots[price] += pool.lots[slot];
  }

  /** Takes lots off an order that stays in its place. */
  shrink(slot: number, lots: number): void {
    this.#pool.lots[slot] -= lots;
    this.#lots[this.#pool.priceTicks[slot]] -= lots;
  }

  /** Takes an order out of its queue. */
  remove(slot: number): void {
    const pool = this.#pool;
    const price = pool.priceTicks[slot];
    const previous = pool.previous[slot];
    const next = pool.next[slot];
    if (previous < 0) this.#head[price] = next;
    else pool.next[previous] = next;
    if (next < 0) this.#tail[price] = previous;
    else pool.previous[next] = previous;
    this.#lots[price] -= pool.lots[slot];
    if (this.#head[price] >= 0) return;
    this.levels--;
    if (price === this.bestTicks) this.bestTicks = this.levels === 0 ? 0 : this.behind(price);
  }
}
