import type { ReplaySide } from './replay-side.ts';

/** `ahead` of an order whose price the log does not show: it fills only after its queue has been seen. */
const UNSEEN = -1;

/** A resting order of ours in a recorded book. */
export interface RestingOrder {
  readonly number: number;
  priceTicks: number;
  lots: number;
  /** Recorded lots that trade before us at this price; `UNSEEN` while the price is out of the log's view. */
  ahead: number;
}

/**
 * Our resting orders on one side of a recorded book, in price-time order, each with its place in the displayed queue.
 *
 * The assumptions, each on the cautious side:
 * - an order joins behind everything displayed at its price; a price out of the log's view has an unknown queue, and the
 *   order joins behind all of it when it comes into view;
 * - a trade at our price takes the lots ahead of us first, then us; a trade through our price would have met us first,
 *   so it takes the same way;
 * - a fall of the level that no trade explains is a cancel by orders ahead and behind in proportion, rounded against us;
 * - a level that left the log's view was not cancelled: the place in its queue is kept.
 */
export class ReplayQueue {
  readonly #side: ReplaySide;
  readonly #orders: RestingOrder[] = [];

  constructor(side: ReplaySide, state: readonly RestingOrder[] = []) {
    this.#side = side;
    for (const order of state) this.#orders.push({ ...order });
  }

  get orders(): readonly RestingOrder[] {
    return this.#orders;
  }

  join(number: number, priceTicks: number, lots: number): void {
    let i = this.#orders.length;
    while (i > 0 && this.#side.isBetter(priceTicks, (this.#orders[i - 1] as RestingOrder).priceTicks)) i--;
    const ahead = this.#side.inView(priceTicks) ? this.#side.available(priceTicks) : UNSEEN;
    this.#orders.splice(i, 0, { number, priceTicks, lots, ahead });
  }

  find(number: number): RestingOrder | undefined {
    return this.#orders.find((order) => order.number === number);
  }

  /** Removes an order; returns its lots, 0 when it is not here. */
  leave(number: number): number {
    const i = this.#orders.findIndex((order) => order.number === number);
    if (i < 0) return 0;
    return (this.#orders.splice(i, 1)[0] as RestingOrder).lots;
  }

  /** A recorded trade that took from this side at `priceTicks`: the part of it that would have been ours fills us. */
  onTrade(priceTicks: number, lots: number, fill: (order: RestingOrder, lots: number) => void): void {
    let remaining = lots;
    let price = Number.NaN;
    let eaten = 0; // recorded lots of this price level that the trade has taken so far
    for (const order of [...this.#orders]) {
      if (this.#side.isBetter(priceTicks, order.priceTicks)) break;
      if (order.priceTicks !== price) {
        price = order.priceTicks;
        eaten = 0;
      }
      if (order.ahead === UNSEEN) break; // price-time order: nobody behind an unknown queue is reached either
      const before = Math.min(remaining, Math.max(0, order.ahead - eaten));
      eaten += before;
      remaining -= before;
      order.ahead = Math.max(0, order.ahead - eaten);
      const lotsFilled = Math.min(remaining, order.lots);
      if (lotsFilled === 0) continue;
      remaining -= lotsFilled;
      this.reduce(order, lotsFilled);
      fill(order, lotsFilled);
    }
  }

  /** Lots at our price were cancelled: `cancelled` of the `available` that were there. */
  onCancel(priceTicks: number, cancelled: number, available: number): void {
    for (const order of this.#orders) {
      if (order.priceTicks !== priceTicks || order.ahead <= 0) continue;
      order.ahead -= Math.min(order.ahead, Math.floor((cancelled * order.ahead) / Math.max(available, order.ahead)));
    }
  }

  /** After a message: nobody can have more ahead than the log shows, and queues that came into view become known. */
  settle(): void {
    for (const order of this.#orders) {
      if (!this.#side.inView(order.priceTicks)) continue;
      const available = this.#side.available(order.priceTicks);
      order.ahead = order.ahead === UNSEEN ? available : Math.min(order.ahead, available);
    }
  }

  /** The book was cleared: every queue is unknown until the log shows it again. */
  forget(): void {
    for (const order of this.#orders) order.ahead = UNSEEN;
  }

  reduce(order: RestingOrder, lots: number): void {
    order.lots -= lots;
    if (order.lots === 0) this.leave(order.number);
  }

  state(): RestingOrder[] {
    return this.#orders.map((order) => ({ ...order }));
  }
}
