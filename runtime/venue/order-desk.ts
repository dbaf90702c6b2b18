import { assert } from '../assert.ts';
import type { ClosedStatus, OrderDefect, OutgoingReport } from '../fix/venue-messages.ts';
import { guardMoney, signOf } from '../instrument.ts';
import type { Market } from './market.ts';
import { newOrderDefect, replaceDefect } from './order-checks.ts';
import { cancelReject, type DeskOrder, executionReport, openStatusOf, orderIdOf } from './order-report.ts';
import {
  CANCEL_REJECT,
  type CancelRequest,
  MASS_CANCEL_OTHER,
  type NewRequest,
  ORDER_REJECT,
  type ReplaceRequest,
  type StatusRequest,
  type VenueRequest,
} from './request.ts';
import type { ExecutionRecord } from './venue-state.ts';

export interface DeskListener {
  onReport(report: OutgoingReport): void;
  onExecution(execution: ExecutionRecord): void;
  onMassCancel(clOrdId: string, cancelled: number, defect: OrderDefect | undefined): void;
  /** An order status was asked for of an order that is not open. */
  onClosedStatus(status: ClosedStatus): void;
  /** A mass status found no open order. */
  onNoOrders(requestId: string, execId: string): void;
  /** After the order statuses of a mass status: one position for each of the market's symbols. */
  onPosition(requestId: string, symbolId: number, positionLots: number, last: boolean): void;
}

interface DeskState {
  readonly lastOrder: number;
  readonly lastExecution: number;
  readonly executions: number;
  readonly positions: readonly number[];
  readonly open: readonly DeskOrder[];
  /** [ClOrdID, order number]: every id ever used; 0 for one that named no order. */
  readonly used: readonly (readonly [string, number])[];
  /** [order number, OrdStatus, CumQty in lots, Σ price × lots] of orders that are no longer open. */
  readonly closed: readonly (readonly [number, string, number, number])[];
}

interface Closed {
  readonly ordStatus: string;
  readonly cumLots: number;
  readonly tradedTicksLots: number;
}

/**
 * The venue's order desk: validates a participant's requests, keeps orders, statuses and positions, and says what
 * happened as reports. It knows no sessions and no clocks; a request takes effect at the market's event time.
 *
 * An order that could trade against the participant's own resting order is refused, and so is a post-only order that
 * would take.
 */
export class OrderDesk {
  readonly #market: Market;
  readonly #listener: DeskListener;
  readonly #open = new Map<number, DeskOrder>();
  readonly #used = new Map<string, number>();
  readonly #closed = new Map<number, Closed>();
  readonly #positions: number[];
  #lastOrder: number;
  /** Numbers ExecIDs of every report. */
  #lastExecution: number;
  #executions: number;

  constructor(market: Market, listener: DeskListener, state?: unknown) {
    const from = state as DeskState | undefined;
    this.#market = market;
    this.#listener = listener;
    this.#positions = [...(from?.positions ?? market.instruments.list.map(() => 0))];
    this.#lastOrder = from?.lastOrder ?? 0;
    this.#lastExecution = from?.lastExecution ?? 0;
    this.#executions = from?.executions ?? 0;
    for (const order of from?.open ?? []) this.#open.set(order.number, { ...order });
    for (const [clOrdId, number] of from?.used ?? []) this.#used.set(clOrdId, number);
    for (const [number, ordStatus, cumLots, tradedTicksLots] of from?.closed ?? []) {
      this.#closed.set(number, { ordStatus, cumLots, tradedTicksLots });
    }
  }

  /** Trades so far. */
  get executions(): number {
    return this.#executions;
  }

  get openOrders(): number {
    return this.#open.size;
  }

  positionLots(symbolId: number): number {
    return this.#positions[symbolId] as number;
  }

  /** True without open orders and positions. */
  get flat(): boolean {
    return this.#open.size === 0 && this.#positions.every((lots) => lots === 0);
  }

  state(): DeskState {
    return {
      lastOrder: this.#lastOrder,
      lastExecution: this.#lastExecution,
      executions: this.#executions,
      positions: [...this.#positions],
      open: [...this.#open.values()].map((order) => ({ ...order })),
      used: [...this.#used],
      closed: Array.from(this.#closed, ([number, { ordStatus, cumLots, tradedTicksLots }]) => [
        number,
        ordStatus,
        cumLots,
        tradedTicksLots,
      ]),
    };
  }

  apply(request: VenueRequest): void {
    switch (request.kind) {
      case 'new':
        return this.#enter(request);
      case 'cancel':
        return this.#cancel(request);
      case 'replace':
        return this.#replace(request);
      case 'orderStatus':
        return this.#orderStatus(request);
      case 'massCancel':
        return this.#massCancel(request.clOrdId, request.defect);
      case 'massStatus':
        return this.#massStatus(request.requestId);
      case 'disconnected':
        this.#cancelAll('the participant disconnected');
    }
  }

  /** The market traded an order of ours. */
  onFill(orderNumber: number, lots: number, priceTicks: number, liquidity: 'maker' | 'taker'): void {
    const order = this.#open.get(orderNumber);
    assert(order !== undefined, `the market traded order ${orderNumber}, which is not open`);
    order.cumLots += lots;
    order.tradedTicksLots += lots * priceTicks;
    assert(order.cumLots <= order.quantityLots, `order ${orderNumber} traded more than its quantity`);
    const position = this.positionLots(order.symbolId) + signOf(order.side) * lots;
    this.#positions[order.symbolId] = position;
    this.#executions++;
    const filled = order.cumLots === order.quantityLots;
    const { timeUs } = this.#market;
    const report = executionReport(order, this.#nextExecId(), 'F', filled ? '2' : '1', timeUs, {
      lastLots: lots,
      lastPriceTicks: priceTicks,
      liquidity,
    });
    if (filled) this.#close(order, '2');
    const instrument = this.#market.instruments.of(order.symbolId);
    const feePerLot = liquidity === 'maker' ? instrument.makerFeeMicroUsdPerLot : instrument.takerFeeMicroUsdPerLot;
    this.#listener.onExecution({
      execId: report.execId,
      timeUs,
      orderId: report.orderId,
      clOrdId: order.clOrdId,
      symbol: order.symbol,
      side: order.side,
      lots,
      priceTicks,
      liquidity,
      feeMicroUsd: guardMoney(lots * feePerLot),
      positionLots: position,
    });
    this.#listener.onReport(report);
  }

  #enter(request: NewRequest): void {
    const symbolId = this.#market.instruments.idOf(request.symbol);
    const refusal = this.#newOrderDefect(request, symbolId);
    const order: DeskOrder = {
      number: ++this.#lastOrder,
      clOrdId: request.clOrdId,
      symbolId,
      symbol: request.symbol,
      side: request.side,
      priceTicks: request.priceTicks,
      quantityLots: request.quantityLots,
      cumLots: 0,
      tradedTicksLots: 0,
      timeInForce: request.timeInForce,
      postOnly: request.postOnly,
      ...(request.details && { details: request.details }),
    };
    if (refusal?.code !== ORDER_REJECT.DUPLICATE) this.#used.set(request.clOrdId, order.number);
    if (refusal !== undefined) {
      this.#close(order, '8');
      this.#report(order, '8', '8', { text: refusal.text, rejectReason: refusal.code });
      return;
    }
    this.#report(order, '0', '0');
    this.#open.set(order.number, order);
    const resting = this.#market.submit({
      number: order.number,
      symbolId,
      side: order.side,
      priceTicks: order.priceTicks,
      lots: order.quantityLots,
      timeInForce: order.timeInForce,
    });
    assert(resting === 0 || resting === order.quantityLots - order.cumLots, `order ${order.number} lost lots`);
    if (resting === 0 && order.cumLots < order.quantityLots) this.#closeUnfilled(order, {});
  }

  #newOrderDefect(request: NewRequest, symbolId: number): OrderDefect | undefined {
    if (this.#used.has(request.clOrdId)) return { code: ORDER_REJECT.DUPLICATE, text: usedBefore(request.clOrdId) };
    if (symbolId < 0) {
      return { code: ORDER_REJECT.UNKNOWN_SYMBOL, text: `symbol ${request.symbol} is not traded here` };
    }
    return newOrderDefect(this.#market, this.#open.values(), symbolId, request);
  }

  #cancel(request: Extract<VenueRequest, { kind: 'cancel' }>): void {
    const found = this.#addressed(request);
    if (found === undefined) return;
    this.#used.set(request.clOrdId, found.number);
    const removed = this.#market.cancel(found.number);
    assert(removed === found.quantityLots - found.cumLots, `order ${found.number} rested with other lots than its own`);
    const origClOrdId = found.clOrdId;
    found.clOrdId = request.clOrdId;
    this.#closeUnfilled(found, { origClOrdId });
  }

  #replace(request: ReplaceRequest): void {
    const order = this.#addressed(request);
    if (order === undefined) return;
    const defect = replaceDefect(this.#market, this.#open.values(), order, request);
    if (defect !== undefined) {
      this.#used.set(request.clOrdId, 0);
      this.#rejectCancel(request, order, openStatusOf(order), defect);
      return;
    }
    this.#used.set(request.clOrdId, order.number);
    const origClOrdId = order.clOrdId;
    order.clOrdId = request.clOrdId;
    order.priceTicks = request.priceTicks;
    order.quantityLots = request.quantityLots;
    this.#report(order, '5', openStatusOf(order), { origClOrdId });
    const resting = this.#market.replace(order.number, request.priceTicks, request.quantityLots - order.cumLots);
    assert(resting === order.quantityLots - order.cumLots, `order ${order.number} lost lots in a replace`);
  }

  /** The open order that a cancel or replace names, or undefined after refusing it. */
  #addressed(request: CancelRequest): DeskOrder | undefined {
    const number = this.#used.get(request.origClOrdId) ?? 0;
    const order = this.#open.get(number);
    const defect = this.#addressDefect(request, number, order);
    if (defect === undefined) return order;
    if (!this.#used.has(request.clOrdId)) this.#used.set(request.clOrdId, 0);
    const status = order === undefined ? (this.#closed.get(number)?.ordStatus ?? '8') : openStatusOf(order);
    this.#rejectCancel(request, order, status, defect);
    return undefined;
  }

  #addressDefect(request: CancelRequest, number: number, order: DeskOrder | undefined): OrderDefect | undefined {
    const { clOrdId, origClOrdId } = request;
    if (this.#used.has(clOrdId)) return { code: CANCEL_REJECT.DUPLICATE, text: usedBefore(clOrdId) };
    if (number === 0) return { code: CANCEL_REJECT.UNKNOWN_ORDER, text: `no order has ClOrdID ${origClOrdId}` };
    if (order === undefined) {
      return { code: CANCEL_REJECT.TOO_LATE, text: `order ${origClOrdId} is not open any more` };
    }
    if (order.clOrdId !== origClOrdId) {
      return { code: CANCEL_REJECT.UNKNOWN_ORDER, text: `the order is ${order.clOrdId} since it was replaced` };
    }
    return request.defect;
  }

  #rejectCancel(request: CancelRequest, order: DeskOrder | undefined, status: string, defect: OrderDefect): void {
    this.#listener.onReport(cancelReject(request, order, status, this.#market.timeUs, defect));
  }

  /** Every cancel is reported first; the mass cancel's own report comes last and says that all is done. */
  #massCancel(clOrdId: string, defect: OrderDefect | undefined): void {
    if (this.#used.has(clOrdId)) {
      this.#listener.onMassCancel(clOrdId, 0, { code: MASS_CANCEL_OTHER, text: usedBefore(clOrdId) });
      return;
    }
    this.#used.set(clOrdId, 0);
    if (defect !== undefined) this.#listener.onMassCancel(clOrdId, 0, defect);
    else this.#listener.onMassCancel(clOrdId, this.#cancelAll(undefined), undefined);
  }

  #cancelAll(text: string | undefined): number {
    const orders = [...this.#open.values()];
    for (const order of orders) {
      this.#market.cancel(order.number);
      this.#closeUnfilled(order, { text });
    }
    return orders.length;
  }

  /** By whichever of its ClOrdIDs: what a request asked for is told of the order that it became. */
  #orderStatus(request: StatusRequest): void {
    const number = this.#used.get(request.clOrdId) ?? 0;
    const order = this.#open.get(number);
    if (order !== undefined) {
      this.#report(order, 'I', openStatusOf(order), { statusRequestId: request.requestId });
      return;
    }
    const closed = this.#closed.get(number);
    const known = closed && { orderId: orderIdOf({ number }), ...closed };
    this.#listener.onClosedStatus({ request, order: known, execId: this.#nextExecId() });
  }

  #massStatus(requestId: string): void {
    const orders = [...this.#open.values()];
    for (const [i, order] of orders.entries()) {
      const status = { requestId, total: orders.length, last: i === orders.length - 1 };
      this.#report(order, 'I', openStatusOf(order), { status });
    }
    if (orders.length === 0) this.#listener.onNoOrders(requestId, this.#nextExecId());
    const symbols = this.#positions.length;
    for (let id = 0; id < symbols; id++) {
      this.#listener.onPosition(requestId, id, this.positionLots(id), id === symbols - 1);
    }
  }

  #closeUnfilled(order: DeskOrder, about: Partial<OutgoingReport>): void {
    this.#close(order, '4');
    this.#report(order, '4', '4', about);
  }

  #close(order: DeskOrder, status: string): void {
    this.#open.delete(order.number);
    this.#closed.set(order.number, {
      ordStatus: status,
      cumLots: order.cumLots,
      tradedTicksLots: order.tradedTicksLots,
    });
  }

  /** Makes a report and tells it. */
  #report(order: DeskOrder, execType: string, ordStatus: string, about: Partial<OutgoingReport> = {}): void {
    this.#listener.onReport(
      executionReport(order, this.#nextExecId(), execType, ordStatus, this.#market.timeUs, about),
    );
  }

  #nextExecId(): string {
    return `X${++this.#lastExecution}`;
  }
}

function usedBefore(clOrdId: string): string {
  return `ClOrdID ${clOrdId} was used before`;
}
