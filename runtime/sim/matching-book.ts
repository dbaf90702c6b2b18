import { assert } from '../assert.ts';
import { BookEvent, type Sign } from './book-event.ts';
import { BookSide } from './book-side.ts';
import { OrderPool, type PoolState } from './order-pool.ts';

/** How an order meets the book. `day` rests what does not trade, `ioc` drops it, `postOnly` is refused if it would trade. */
export type OrderKind = 'day' | 'ioc' | 'postOnly';

/**
 * A price-time-priority limit order book for one symbol. Prices are ticks from 1 to `priceLimitTicks` − 1.
 *
 * Every command fills `event` anew with what it did; whoever gives the command hands the event on. The book knows no
 * time, no money and no agents. An order keeps its id through partial fills and replaces.
 */
export class MatchingBook {
  readonly event = new BookEvent();
  readonly bids: BookSide;
  readonly asks: BookSide;
  readonly priceLimitTicks: number;
  readonly #pool = new OrderPool();

  constructor(symbolId: number, priceLimitTicks: number) {
    this.event.symbolId = symbolId;
    this.priceLimitTicks = priceLimitTicks;
    this.bids = new BookSide(1, this.#pool, priceLimitTicks);
    this.asks = new BookSide(-1, this.#pool, priceLimitTicks);
  }

  side(sign: Sign): BookSide {
    return sign > 0 ? this.bids : this.asks;
  }

  /** Best bid + best ask, half-ticks; NaN when a side is empty. */
  midHalfTicks(): number {
    const bid = this.bids.bestTicks;
    const ask = this.asks.bestTicks;
    return bid === 0 || ask === 0 ? Number.NaN : bid + ask;
  }

  /** Lots left of an order; 0 when it is gone. */
  lotsOf(orderId: number): number {
    const slot = this.#pool.slotOf(orderId);
    return slot < 0 ? 0 : this.#pool.lots[slot];
  }

  /** Price of a resting order, ticks; 0 when it is gone. */
  priceOf(orderId: number): number {
    const slot = this.#pool.slotOf(orderId);
    return slot < 0 ? 0 : this.#pool.priceTicks[slot];
  }

  /** Lots ahead of a resting order at its price. */
  lotsAhead(orderId: number): number {
    const slot = this.#pool.slotOf(orderId);
    let lots = 0;
    if (slot >= 0)
      for (let s = this.#pool.previous[slot]; s >= 0; s = this.#pool.previous[s]) lots += this.#pool.lots[s];
    return lots;
  }

  /**
   * Enters an order and returns its id, with which it rests if lots are left; 0 when a post-only order would have traded.
   * Resting orders of the same owner in its way are cancelled, never traded with.
   */
  submit(timeUs: number, owner: number, sign: Sign, priceTicks: number, lots: number, kind: OrderKind): number {
    this.event.clear(timeUs);
    this.#check(priceTicks, lots);
    if (kind === 'postOnly' && this.#crosses(sign, priceTicks)) return 0;
    const pool = this.#pool;
    const slot = pool.take();
    const id = pool.idOf(slot);
    pool.owner[slot] = owner;
    pool.sign[slot] = sign;
    pool.priceTicks[slot] = priceTicks;
    pool.lots[slot] = lots;
    this.#enter(slot, id, kind !== 'ioc');
    return id;
  }

  /** Takes an order off the book; returns its lots, 0 when it is gone already. */
  cancel(timeUs: number, orderId: number): number {
    this.event.clear(timeUs);
    const pool = this.#pool;
    const slot = pool.slotOf(orderId);
    if (slot < 0) return 0;
    const lots = pool.lots[slot];
    this.#takeOut(slot);
    pool.release(slot);
    return lots;
  }

  /**
   * Gives a resting order a price and remaining lots; returns what rests afterwards, 0 when it was gone or is now. It
   * keeps its place when the price stays and the lots do not rise; else it enters anew, and may trade first.
   */
  replace(timeUs: number, orderId: number, priceTicks: number, lots: number): number {
    this.event.clear(timeUs);
    this.#check(priceTicks, lots);
    const pool = this.#pool;
    const slot = pool.slotOf(orderId);
    if (slot < 0) return 0;
    const sign = pool.sign[slot] as Sign;
    const side = this.side(sign);
    if (priceTicks === pool.priceTicks[slot] && lots <= pool.lots[slot]) {
      if (lots < pool.lots[slot]) {
        side.shrink(slot, pool.lots[slot] - lots);
        this.event.level(sign, priceTicks, side.lotsAt(priceTicks));
      }
      return lots;
    }
    this.#takeOut(slot);
    pool.priceTicks[slot] = priceTicks;
    pool.lots[slot] = lots;
    this.#enter(slot, orderId, true);
    return this.lotsOf(orderId);
  }

  state(): BookState {
    return { pool: this.#pool.state(), bids: this.#sideState(this.bids), asks: this.#sideState(this.asks) };
  }

  /** Fills a new book with what `state()` returned. */
  restore(state: BookState): void {
    this.#pool.restore(state.pool);
    this.#restoreSide(this.bids, state.bids);
    this.#restoreSide(this.asks, state.asks);
  }

  #check(priceTicks: number, lots: number): void {
    assert(
      Number.isInteger(priceTicks) && priceTicks > 0 && priceTicks < this.priceLimitTicks,
      `price ${priceTicks} is outside 1…${this.priceLimitTicks - 1} ticks`,
    );
    assert(Number.isInteger(lots) && lots > 0 && lots <= MAX_LOTS, `quantity ${lots} is outside 1…${MAX_LOTS} lots`);
  }

  #crosses(sign: Sign, priceTicks: number): boolean {
    const opposite = sign > 0 ? this.asks.bestTicks : this.bids.bestTicks;
    return opposite !== 0 && sign * (priceTicks - opposite) >= 0;
  }

  /** Trades a filled-in slot as far as its price allows; then rests or drops what is left. */
  #enter(slot: number, id: number, rests: boolean): void {
    const pool = this.#pool;
    const event = this.event;
    const sign = pool.sign[slot] as Sign;
    const price = pool.priceTicks[slot];
    const owner = pool.owner[slot];
    const opposite = this.side(sign > 0 ? -1 : 1);
    event.takerOrder = id;
    event.takerOwner = owner;
    event.takerSign = sign;
    while (pool.lots[slot] > 0 && this.#crosses(sign, price)) {
      const level = opposite.bestTicks;
      const maker = opposite.oldestAt(level);
      if (pool.owner[maker] === owner) {
        event.prevented(pool.idOf(maker), owner);
        opposite.remove(maker);
        pool.release(maker);
      } else {
        const traded = Math.min(pool.lots[slot], pool.lots[maker]);
        event.trade(level, traded, pool.idOf(maker), pool.owner[maker]);
        pool.lots[slot] -= traded;
        if (traded < pool.lots[maker]) {
          opposite.shrink(maker, traded);
        } else {
          opposite.remove(maker);
          pool.release(maker);
        }
      }
      event.level(opposite.sign, level, opposite.lotsAt(level));
    }
    if (rests && pool.lots[slot] > 0) {
      const side = this.side(sign);
      side.append(slot);
      event.level(sign, price, side.lotsAt(price));
    } else {
      pool.release(slot);
    }
  }

  #takeOut(slot: number): void {
    const sign = this.#pool.sign[slot] as Sign;
    const price = this.#pool.priceTicks[slot];
    const side = this.side(sign);
    side.remove(slot);
    this.event.level(sign, price, side.lotsAt(price));
  }

  /** [slot, owner, price, lots], level by level from the best, oldest first. */
  #sideState(side: BookSide): number[][] {
    const pool = this.#pool;
    const orders: number[][] = [];
    for (let price = side.bestTicks; price !== 0; price = side.behind(price)) {
      for (let slot = side.oldestAt(price); slot >= 0; slot = pool.next[slot]) {
        orders.push([slot, pool.owner[slot], price, pool.lots[slot]]);
      }
    }
    return orders;
  }

  #restoreSide(side: BookSide, orders: readonly (readonly number[])[]): void {
    const pool = this.#pool;
    for (const [slot, owner, priceTicks, lots] of orders as readonly (readonly [number, number, number, number])[]) {
      pool.owner[slot] = owner;
      pool.sign[slot] = side.sign;
      pool.priceTicks[slot] = priceTicks;
      pool.lots[slot] = lots;
      side.append(slot);
    }
  }
}

/** Keeps a level's total within 32 bits with thousands of orders on it. */
export const MAX_LOTS = 1_000_000;

export interface BookState {
  readonly pool: PoolState;
  readonly bids: readonly (readonly number[])[];
  readonly asks: readonly (readonly number[])[];
}
