import { assert } from '../assert.ts';
import type { TimeInForce } from '../execution/venue.ts';
import type { OrderDefect, OutgoingReport } from '../fix/venue-messages.ts';
import { guardMoney, type Side, signOf } from '../instrument.ts';
import { Levels, type Market } from './market.ts';
import { CANCEL_REJECT, MASS_CANCEL_OTHER, ORDER_REJECT, type VenueRequest } from './request.ts';
import type { ExecutionRecord } from './venue-state.ts';

export interface DeskListener {
  onReport(report: OutgoingReport): void;
  onExecution(execution: ExecutionRecord): void;
  onMassCancel(clOrdId: string, cancelled: number, defect: OrderDefect | undefined): void;
  /** A mass status found no open order. */
  onNoOrders(requestId: string, execId: string): void;
  /** After the order statuses of a mass status: one position for each of the market's symbols. */
  onPosition(requestId: string, symbolId: number, positionLots: number, last: boolean): void;
}

interface DeskOrder {
  readonly number: number;
  clOrdId: string;
  readonly symbolId: number;
  readonly side: Side;
  priceTicks: number;
  quantityLots: number;
  cumLots: number;
  tradedTicksLots: number;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
}

interface DeskState {
  readonly lastOrder: number;
  readonly lastExecution: number;
  readonly executions: number;
  readonly positions: readonly number[];
  readonly open: readonly DeskOrder[];
  /** [ClOrdID, order number]: every id ever used; 0 for one that named no order. */
  readonly used: readonly (readonly [string, number])[];
  /** [order number, OrdStatus] of orders that are no longer open. */
  readonly closed: readonly (readonly [number, string])[];
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
  readonly #closed = new Map<number, string>();
  readonly #positions: number[];
  readonly #best = new Levels();
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
    for (const [number, status] of from?.closed ?? []) this.#closed.set(number, status);
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
      closed: [...this.#closed],
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
    const report = this.#report(order, 'F', filled ? '2' : '1', {
      lastLots: lots,
      lastPriceTicks: priceTicks,
      liquidity,
    });
    if (filled) this.#close(order, '2');
    const instrument = this.#market.instruments.of(order.symbolId);
    const feePerLot = liquidity === 'maker' ? instrument.makerFeeMicroUsdPerLot : instrument.takerFeeMicroUsdPerLot;
    this.#listener.onExecution({
      execId: report.execId,
      timeUs: report.timeUs,
      orderId: report.orderId,
      clOrdId: order.clOrdId,
      symbol: instrument.symbol,
      side: order.side,
      lots,
      priceTicks,
      liquidity,
      feeMicroUsd: guardMoney(lots * feePerLot),
      positionLots: position,
    });
    this.#listener.onReport(report);
  }

  #enter(request: Extract<VenueRequest, { kind: 'new' }>): void {
    const symbolId = this.#market.instruments.idOf(request.symbol);
    const refusal = this.#newOrderDefect(request, symbolId);
    const order: DeskOrder = {
      number: ++this.#lastOrder,
      clOrdId: request.clOrdId,
      symbolId,
      side: request.side,
      priceTicks: request.priceTicks,
      quantityLots: request.quantityLots,
      cumLots: 0,
      tradedTicksLots: 0,
      timeInForce: request.timeInForce,
      postOnly: request.postOnly,
    };
    if (refusal?.code !== ORDER_REJECT.DUPLICATE) this.#used.set(request.clOrdId, order.number);
    if (refusal !== undefined) {
      this.#closed.set(order.number, '8');
      this.#listener.onReport(
        this.#report(order, '8', '8', { symbol: request.symbol, text: refusal.text, rejectReason: refusal.code }),
      );
      return;
    }
    this.#listener.onReport(this.#report(order, '0', '0'));
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

  #newOrderDefect(request: Extract<VenueRequest, { kind: 'new' }>, symbolId: number): OrderDefect | undefined {
    if (this.#used.has(request.clOrdId)) {
      return { code: ORDER_REJECT.DUPLICATE, text: `ClOrdID ${request.clOrdId} was used before` };
    }
    if (symbolId < 0) {
      return { code: ORDER_REJECT.UNKNOWN_SYMBOL, text: `symbol ${request.symbol} is not traded here` };
    }
    if (request.defect !== undefined) return request.defect;
    const defect = this.#amountDefect(symbolId, request.priceTicks, request.quantityLots);
    if (defect !== undefined) return defect;
    if (request.postOnly && request.timeInForce === 'ioc') {
      return { code: ORDER_REJECT.OTHER, text: 'a post-only order cannot be immediate-or-cancel' };
    }
    const text = this.#tradeDefect(symbolId, request.side, request.priceTicks, request.postOnly);
    return text === undefined ? undefined : { code: ORDER_REJECT.OTHER, text };
  }

  /** Why an order must not trade as it would: against its own owner, or at all when it is post-only. */
  #tradeDefect(symbolId: number, side: Side, priceTicks: number, postOnly: boolean): string | undefined {
    for (const own of this.#open.values()) {
      if (own.symbolId !== symbolId || own.side === side) continue;
      if (signOf(side) * (priceTicks - own.priceTicks) >= 0) return `it could trade with your own order ${own.clOrdId}`;
    }
    if (!postOnly) return undefined;
    this.#market.levels(symbolId, side === 'buy' ? 'sell' : 'buy', 1, this.#best);
    if (this.#best.count === 0 || signOf(side) * (priceTicks - (this.#best.priceTicks[0] as number)) < 0)
      return undefined;
    return 'a post-only order would take';
  }

  #cancel(request: Extract<VenueRequest, { kind: 'cancel' }>): void {
    const found = this.#addressed(request, 1);
    if (found === undefined) return;
    this.#used.set(request.clOrdId, found.number);
    const removed = this.#market.cancel(found.number);
    assert(removed === found.quantityLots - found.cumLots, `order ${found.number} rested with other lots than its own`);
    const origClOrdId = found.clOrdId;
    found.clOrdId = request.clOrdId;
    this.#closeUnfilled(found, { origClOrdId });
  }

  #replace(request: Extract<VenueRequest, { kind: 'replace' }>): void {
    const order = this.#addressed(request, 2);
    if (order === undefined) return;
    const text = this.#replaceDefect(request, order);
    if (text !== undefined) {
      this.#used.set(request.clOrdId, 0);
      this.#rejectCancel(request, 2, order, statusOf(order), { code: CANCEL_REJECT.OTHER, text });
      return;
    }
    this.#used.set(request.clOrdId, order.number);
    const origClOrdId = order.clOrdId;
    order.clOrdId = request.clOrdId;
    order.priceTicks = request.priceTicks;
    order.quantityLots = request.quantityLots;
    this.#listener.onReport(this.#report(order, '5', statusOf(order), { origClOrdId }));
    const resting = this.#market.replace(order.number, request.priceTicks, request.quantityLots - order.cumLots);
    assert(resting === order.quantityLots - order.cumLots, `order ${order.number} lost lots in a replace`);
  }

  #replaceDefect(request: Extract<VenueRequest, { kind: 'replace' }>, order: DeskOrder): string | undefined {
    if (request.symbol !== this.#symbol(order)) return `order ${order.clOrdId} is in ${this.#symbol(order)}`;
    const defect = this.#amountDefect(order.symbolId, request.priceTicks, request.quantityLots);
    if (defect !== undefined) return defect.text;
    if (request.quantityLots <= order.cumLots) {
      return `quantity is not above what has traded (${request.quantityLots}), more than ${order.cumLots} is allowed`;
    }
    return this.#tradeDefect(order.symbolId, order.side, request.priceTicks, order.postOnly);
  }

  /** The open order that a cancel or replace names, or undefined after refusing it. */
  #addressed(request: Extract<VenueRequest, { kind: 'cancel' | 'replace' }>, responseTo: 1 | 2): DeskOrder | undefined {
    const number = this.#used.get(request.origClOrdId) ?? 0;
    const order = this.#open.get(number);
    const status = order === undefined ? (this.#closed.get(number) ?? '8') : statusOf(order);
    let defect = request.defect;
    if (this.#used.has(request.clOrdId)) {
      defect = { code: CANCEL_REJECT.DUPLICATE, text: `ClOrdID ${request.clOrdId} was used before` };
    } else if (number === 0) {
      defect = { code: CANCEL_REJECT.UNKNOWN_ORDER, text: `no order has ClOrdID ${request.origClOrdId}` };
    } else if (order === undefined) {
      defect = { code: CANCEL_REJECT.TOO_LATE, text: `order ${request.origClOrdId} is not open any more` };
    } else if (order.clOrdId !== request.origClOrdId) {
      defect = { code: CANCEL_REJECT.UNKNOWN_ORDER, text: `the order is ${order.clOrdId} since it was replaced` };
    }
    if (defect === undefined) return order;
    if (!this.#used.has(request.clOrdId)) this.#used.set(request.clOrdId, 0);
    this.#rejectCancel(request, responseTo, order, status, defect);
    return undefined;
  }

  #rejectCancel(
    request: Extract<VenueRequest, { kind: 'cancel' | 'replace' }>,
    responseTo: 1 | 2,
    order: DeskOrder | undefined,
    ordStatus: string,
    defect: OrderDefect,
  ): void {
    this.#listener.onReport({
      kind: 'cancelReject',
      symbolId: order?.symbolId ?? -1,
      symbol: request.symbol,
      clOrdId: request.clOrdId,
      origClOrdId: request.origClOrdId,
      orderId: order === undefined ? 'NONE' : orderIdOf(order.number),
      execId: '',
      execType: '',
      ordStatus,
      side: order?.side ?? 'buy',
      priceTicks: order?.priceTicks ?? 0,
      quantityLots: order?.quantityLots ?? 0,
      lastLots: 0,
      lastPriceTicks: 0,
      cumLots: order?.cumLots ?? 0,
      leavesLots: order === undefined ? 0 : order.quantityLots - order.cumLots,
      liquidity: undefined,
      timeUs: this.#market.timeUs,
      possDup: false,
      text: defect.text,
      rejectReason: defect.code,
      responseTo,
      tradedTicksLots: order?.tradedTicksLots ?? 0,
      timeInForce: order?.timeInForce ?? 'day',
      status: undefined,
    });
  }

  /** Every cancel is reported first; the mass cancel's own report comes last and says that all is done. */
  #massCancel(clOrdId: string, defect: OrderDefect | undefined): void {
    if (this.#used.has(clOrdId)) {
      this.#listener.onMassCancel(clOrdId, 0, { code: MASS_CANCEL_OTHER, text: `ClOrdID ${clOrdId} was used before` });
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

  #massStatus(requestId: string): void {
    const orders = [...this.#open.values()];
    for (const [i, order] of orders.entries()) {
      const status = { requestId, total: orders.length, last: i === orders.length - 1 };
      this.#listener.onReport(this.#report(order, 'I', statusOf(order), { status }));
    }
    if (orders.length === 0) this.#listener.onNoOrders(requestId, this.#nextExecId());
    const symbols = this.#positions.length;
    for (let id = 0; id < symbols; id++) {
      this.#listener.onPosition(requestId, id, this.positionLots(id), id === symbols - 1);
    }
  }

  #closeUnfilled(order: DeskOrder, about: Partial<OutgoingReport>): void {
    this.#close(order, '4');
    this.#listener.onReport({ ...this.#report(order, '4', '4', about), leavesLots: 0 });
  }

  #close(order: DeskOrder, status: string): void {
    this.#open.delete(order.number);
    this.#closed.set(order.number, status);
  }

  #report(order: DeskOrder, execType: string, ordStatus: string, about: Partial<OutgoingReport> = {}): OutgoingReport {
    return {
      kind: 'execution',
      symbolId: order.symbolId,
      symbol: order.symbolId < 0 ? '' : this.#symbol(order),
      clOrdId: order.clOrdId,
      origClOrdId: undefined,
      orderId: orderIdOf(order.number),
      execId: this.#nextExecId(),
      execType,
      ordStatus,
      side: order.side,
      priceTicks: order.priceTicks,
      quantityLots: order.quantityLots,
      lastLots: 0,
      lastPriceTicks: 0,
      cumLots: order.cumLots,
      leavesLots: ordStatus === '8' ? 0 : order.quantityLots - order.cumLots,
      liquidity: undefined,
      timeUs: this.#market.timeUs,
      possDup: false,
      text: undefined,
      rejectReason: undefined,
      responseTo: undefined,
      tradedTicksLots: order.tradedTicksLots,
      timeInForce: order.timeInForce,
      status: undefined,
      ...about,
    };
  }

  #nextExecId(): string {
    return `X${++this.#lastExecution}`;
  }

  #amountDefect(symbolId: number, priceTicks: number, quantityLots: number): OrderDefect | undefined {
    const { orderLotsMax } = this.#market;
    const priceTicksMax = this.#market.priceTicksMax(symbolId);
    if (quantityLots < 1 || quantityLots > orderLotsMax) {
      const text = `quantity is ${quantityLots} lots, 1 to ${orderLotsMax} is allowed`;
      return { code: ORDER_REJECT.BAD_QUANTITY, text };
    }
    if (priceTicks < 1 || priceTicks > priceTicksMax) {
      return { code: ORDER_REJECT.OTHER, text: `price is ${priceTicks} ticks, 1 to ${priceTicksMax} is allowed` };
    }
    return undefined;
  }

  #symbol(order: DeskOrder): string {
    return this.#market.instruments.of(order.symbolId).symbol;
  }
}

function orderIdOf(number: number): string {
  return `O${number}`;
}

function statusOf(order: DeskOrder): string {
  return order.cumLots > 0 ? '1' : '0';
}
