import type { Side } from '../instrument.ts';
import type { Order } from './order.ts';

/** Called when our resting quantity at one price changed, so that the book can leave it out. */
export type RestingListener = (symbolId: number, side: Side, priceTicks: number, lots: number) => void;

interface SideTotals {
  exposureLots: number;
  readonly restingByPrice: Map<number, number>;
}

/**
 * Every order by each of its identifiers, with sums kept as orders change: nothing here looks through the orders when
 * the market moves. Closed orders stay for late reports, the newest `closedKept` of them.
 */
export class Orders {
  readonly #byId = new Map<string, Order>();
  readonly #identifiers = new Map<Order, string[]>();
  readonly #open = new Set<Order>();
  readonly #closed = new Set<Order>();
  readonly #totals: readonly { readonly buy: SideTotals; readonly sell: SideTotals }[];
  readonly #closedKept: number;
  readonly #onResting: RestingListener;
  readonly #onForgotten: (order: Order) => void;

  constructor(options: {
    readonly symbols: number;
    readonly closedKept: number;
    readonly onResting: RestingListener;
    readonly onForgotten: (order: Order) => void;
  }) {
    this.#totals = Array.from({ length: options.symbols }, () => ({ buy: emptyTotals(), sell: emptyTotals() }));
    this.#closedKept = options.closedKept;
    this.#onResting = options.onResting;
    this.#onForgotten = options.onForgotten;
  }

  add(order: Order): void {
    this.alias(order, order.clOrdId);
    this.changed(order);
  }

  /** A further identifier of the order: a cancel's or a replace's. */
  alias(order: Order, identifier: string): void {
    this.#byId.set(identifier, order);
    const known = this.#identifiers.get(order);
    if (known === undefined) this.#identifiers.set(order, [identifier]);
    else known.push(identifier);
  }

  find(identifier: string): Order | undefined {
    return this.#byId.get(identifier);
  }

  /** In the order of sending. */
  open(): Iterable<Order> {
    return this.#open;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Lots that open orders of one side may still execute at worst. */
  exposureLots(symbolId: number, side: Side): number {
    return this.#totals[symbolId][side].exposureLots;
  }

  restingLots(symbolId: number, side: Side, priceTicks: number): number {
    return this.#totals[symbolId][side].restingByPrice.get(priceTicks) ?? 0;
  }

  /** Our best price among open orders, acknowledged or not; NaN for none. */
  bestPriceTicks(symbolId: number, side: Side): number {
    let best = Number.NaN;
    for (const order of this.#open) {
      if (order.first.symbolId !== symbolId || order.first.side !== side || order.first.timeInForce !== 'day') continue;
      if (Number.isNaN(best) || (side === 'buy' ? order.priceTicks > best : order.priceTicks < best)) {
        best = order.priceTicks;
      }
    }
    return best;
  }

  /** Books what changed on `order` since the last call. */
  changed(order: Order): void {
    const { symbolId, side } = order.first;
    const totals = this.#totals[symbolId][side];
    const counted = order.counted;
    totals.exposureLots += order.exposureLots - counted.exposureLots;
    counted.exposureLots = order.exposureLots;
    if (counted.restingLots !== order.restingLots || counted.priceTicks !== order.priceTicks) {
      this.#rest(order, counted.priceTicks, -counted.restingLots);
      this.#rest(order, order.priceTicks, order.restingLots);
      counted.restingLots = order.restingLots;
      counted.priceTicks = order.priceTicks;
    }
    if (order.open === counted.open && (order.open || this.#closed.has(order))) return;
    counted.open = order.open;
    this.#file(order);
  }

  #rest(order: Order, priceTicks: number, lots: number): void {
    if (lots === 0) return;
    const { symbolId, side } = order.first;
    const byPrice = this.#totals[symbolId][side].restingByPrice;
    const total = (byPrice.get(priceTicks) ?? 0) + lots;
    if (total === 0) byPrice.delete(priceTicks);
    else byPrice.set(priceTicks, total);
    this.#onResting(symbolId, side, priceTicks, total);
  }

  #file(order: Order): void {
    if (order.open) {
      this.#closed.delete(order);
      this.#open.add(order);
      return;
    }
    this.#open.delete(order);
    this.#closed.add(order);
    if (this.#closed.size <= this.#closedKept) return;
    const [oldest] = this.#closed;
    this.#closed.delete(oldest);
    for (const identifier of this.#identifiers.get(oldest) ?? []) this.#byId.delete(identifier);
    this.#identifiers.delete(oldest);
    this.#onForgotten(oldest);
  }
}

function emptyTotals(): SideTotals {
  return { exposureLots: 0, restingByPrice: new Map() };
}
