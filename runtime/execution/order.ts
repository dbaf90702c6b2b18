import type { NewOrder } from './venue.ts';

/** A request on an order that the venue has not answered yet. */
export interface PendingRequest {
  readonly kind: 'cancel' | 'replace';
  readonly clOrdId: string;
  readonly priceTicks: number;
  readonly quantityLots: number;
}

export type Closing = 'filled' | 'canceled' | 'rejected' | 'expired';
export type OrderStatus = Closing | 'pendingNew' | 'new' | 'partiallyFilled' | 'pendingCancel' | 'pendingReplace';

/**
 * One order of ours through all its replacements. The facts are stored and the status follows from them, so that no
 * order of reports can leave the two at odds.
 */
export class Order {
  /** As first sent; side, symbol and time in force never change. */
  readonly first: NewOrder;
  /** Of the journal's intent record; 0 for an order that no intent asked for (flatten). */
  readonly intentSeq: number;
  /** Position of the order in everything we ever sent; identifiers of later requests are higher. */
  readonly number: number;
  /** Mid when it was sent, half-ticks; NaN on a one-sided book. */
  readonly midHalfTicks: number;
  /** The identifier that the venue now knows it by. */
  clOrdId: string;
  orderId: string | undefined;
  priceTicks: number;
  quantityLots: number;
  acknowledged = false;
  /** Sum of unique executions less busts. */
  filledLots = 0;
  /** Sum of unique executions, busts not taken off. */
  executedLots = 0;
  /** Highest CumQty (14) that the venue told. */
  venueCumLots = 0;
  closed: Closing | undefined;
  /** Closed only because the venue's list of open orders lacked it. */
  presumed = false;
  request: PendingRequest | undefined;
  /** A cancel that waits for the answer to a replace. */
  cancelHeld = false;
  /** Every ExecID that was reported for it. */
  readonly execIds: string[] = [];
  /** What `OpenOrders` last counted for this order, so that a change is booked as a difference. */
  readonly counted = { exposureLots: 0, restingLots: 0, priceTicks: 0, open: false };

  constructor(first: NewOrder, number: number, intentSeq: number, midHalfTicks: number) {
    this.first = first;
    this.number = number;
    this.intentSeq = intentSeq;
    this.midHalfTicks = midHalfTicks;
    this.clOrdId = first.clOrdId;
    this.priceTicks = first.priceTicks;
    this.quantityLots = first.quantityLots;
  }

  get open(): boolean {
    return this.closed === undefined;
  }

  get status(): OrderStatus {
    if (this.closed !== undefined) return this.closed;
    if (this.request !== undefined) return this.request.kind === 'cancel' ? 'pendingCancel' : 'pendingReplace';
    if (this.filledLots > 0) return 'partiallyFilled';
    return this.acknowledged ? 'new' : 'pendingNew';
  }

  get leavesLots(): number {
    return this.open ? Math.max(0, this.quantityLots - this.filledLots) : 0;
  }

  /** Lots that may still execute at worst: an order under replacement counts its larger quantity. */
  get exposureLots(): number {
    if (!this.open) return 0;
    const requested = this.request?.kind === 'replace' ? this.request.quantityLots : 0;
    return Math.max(0, Math.max(this.quantityLots, requested) - this.filledLots);
  }

  /** Lots that stand in the venue's book and are part of the levels that it publishes. */
  get restingLots(): number {
    return this.acknowledged && this.first.timeInForce === 'day' ? this.leavesLots : 0;
  }

  /** The order as the venue knows it now, which a cancel or replace has to name. */
  get current(): NewOrder {
    return { ...this.first, clOrdId: this.clOrdId, priceTicks: this.priceTicks, quantityLots: this.quantityLots };
  }
}
