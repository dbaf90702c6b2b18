import { type InstrumentTable, type Side, signOf } from '../instrument.ts';
import type { NewOrder, Report, VenueEvents } from './venue.ts';

/** An order as the exchange holds it. */
export interface HeldOrder {
  clOrdId: string;
  readonly symbolId: number;
  readonly side: Side;
  readonly ioc: boolean;
  priceTicks: number;
  quantityLots: number;
  cumLots: number;
  open: boolean;
}

export type Request =
  | { readonly type: 'D'; readonly order: NewOrder }
  | { readonly type: 'F'; readonly clOrdId: string; readonly origClOrdId: string }
  | {
      readonly type: 'G';
      readonly clOrdId: string;
      readonly origClOrdId: string;
      readonly priceTicks: number;
      readonly quantityLots: number;
    }
  | { readonly type: 'q'; readonly clOrdId: string }
  | { readonly type: 'AF'; readonly requestId: string };

/** One message to us; `possDup` when it is sent a second time. */
export type Message = (events: VenueEvents, possDup: boolean) => void;

/** What the exchange does with an order that takes: a test's choice. Lots executed at once, or `reject`. */
export type Judge = (order: NewOrder) => number | 'reject';

/**
 * The truth for tests: orders, executions and positions of one account, and every message it ever sent, so that a
 * restarted account can ask for what it missed. It matches nothing by itself; tests say what executes.
 */
export class FakeExchange {
  readonly orders: HeldOrder[] = [];
  readonly positionLots: number[];
  readonly executions: { readonly execId: string; readonly symbolId: number; readonly signedLots: number }[] = [];
  /** Sent so far; number n of the session is at n − 1. */
  readonly messages: Message[] = [];
  refuseMassCancel = false;
  readonly #judge: Judge;
  #execs = 0;

  constructor(instruments: InstrumentTable, judge: Judge) {
    this.positionLots = instruments.list.map(() => 0);
    this.#judge = judge;
  }

  get open(): HeldOrder[] {
    return this.orders.filter((order) => order.open);
  }

  handle(request: Request): void {
    if (request.type === 'D') this.#accept(request.order);
    else if (request.type === 'q') this.#massCancel(request.clOrdId);
    else if (request.type === 'AF') this.#answerStatus(request.requestId);
    else this.#change(request);
  }

  /** Executes part of an open order. */
  fill(order: HeldOrder, lots: number, liquidity: 'maker' | 'taker' = 'maker'): void {
    order.cumLots += lots;
    if (order.cumLots >= order.quantityLots) order.open = false;
    const execId = this.#book(order.symbolId, signOf(order.side) * lots);
    const status = order.open ? '1' : '2';
    this.#say(order, {
      execType: 'F',
      ordStatus: status,
      execId,
      lastLots: lots,
      lastPriceTicks: order.priceTicks,
      liquidity,
    });
  }

  /** Closes an open order without being asked. */
  drop(order: HeldOrder, execType: '4' | 'C' = '4'): void {
    order.open = false;
    this.#say(order, { execType, ordStatus: execType });
  }

  /** Takes an execution back; the order stays as it is. */
  bust(order: HeldOrder, execRefId: string): void {
    const execution = this.executions.find(({ execId }) => execId === execRefId);
    if (execution === undefined) throw new Error(`no execution ${execRefId}`);
    const execId = this.#book(execution.symbolId, -execution.signedLots);
    order.cumLots -= Math.abs(execution.signedLots);
    this.#say(order, { execType: 'H', ordStatus: order.open ? '1' : '2', execId, execRefId });
  }

  #book(symbolId: number, signedLots: number): string {
    const execId = `X${++this.#execs}`;
    this.executions.push({ execId, symbolId, signedLots });
    this.positionLots[symbolId] += signedLots;
    return execId;
  }

  #accept(terms: NewOrder): void {
    const { clOrdId, symbolId, side, priceTicks, quantityLots, timeInForce } = terms;
    const order: HeldOrder = {
      clOrdId,
      symbolId,
      side,
      priceTicks,
      quantityLots,
      cumLots: 0,
      open: true,
      ioc: timeInForce === 'ioc',
    };
    this.orders.push(order);
    const takes = this.#judge(terms);
    if (takes === 'reject') {
      order.open = false;
      this.#say(order, { execType: '8', ordStatus: '8', text: 'planned rejection' });
      return;
    }
    this.#say(order, { execType: '0', ordStatus: '0' });
    if (takes > 0) this.fill(order, Math.min(takes, quantityLots), 'taker');
    if (order.ioc && order.open) this.drop(order, 'C');
  }

  #change(request: Extract<Request, { type: 'F' | 'G' }>): void {
    const order = this.orders.find(({ clOrdId }) => clOrdId === request.origClOrdId);
    if (!order?.open) {
      const ordStatus = order === undefined ? '8' : '4';
      this.#send({
        ...blank,
        kind: 'cancelReject',
        clOrdId: request.clOrdId,
        origClOrdId: request.origClOrdId,
        ordStatus,
        text: 'too late',
      });
      return;
    }
    const origClOrdId = request.origClOrdId;
    if (request.type === 'F') {
      order.open = false;
      this.#say(order, { execType: '4', ordStatus: '4', clOrdId: request.clOrdId, origClOrdId });
      return;
    }
    order.clOrdId = request.clOrdId;
    order.priceTicks = request.priceTicks;
    order.quantityLots = request.quantityLots;
    if (order.cumLots >= order.quantityLots) order.open = false;
    this.#say(order, { execType: '5', ordStatus: order.open ? '0' : '2', origClOrdId });
  }

  #massCancel(clOrdId: string): void {
    if (this.refuseMassCancel) {
      this.messages.push((events) => events.onRefused('q', clOrdId, 'planned refusal'));
      return;
    }
    for (const order of this.open) this.drop(order);
  }

  #answerStatus(requestId: string): void {
    const open = this.open;
    for (const [index, order] of open.entries()) {
      const report = this.#reportOf(order, { execType: 'I', ordStatus: order.cumLots > 0 ? '1' : '0', execId: '0' });
      this.messages.push((events, possDup) =>
        events.onStatus(requestId, { ...report, possDup }, index === open.length - 1),
      );
    }
    if (open.length === 0) this.messages.push((events) => events.onStatus(requestId, undefined, true));
    for (const [symbolId, lots] of this.positionLots.entries()) {
      this.messages.push((events) =>
        events.onPosition(requestId, symbolId, lots, symbolId === this.positionLots.length - 1),
      );
    }
  }

  #say(order: HeldOrder, news: Partial<Report>): void {
    this.#send(this.#reportOf(order, news));
  }

  #reportOf(order: HeldOrder, news: Partial<Report>): Report {
    const { clOrdId, symbolId, side, priceTicks, quantityLots, cumLots } = order;
    const execId = `X${++this.#execs}`;
    const leavesLots = order.open ? quantityLots - cumLots : 0;
    const orderId = `V-${this.orders.indexOf(order)}`;
    return {
      ...blank,
      clOrdId,
      symbolId,
      side,
      priceTicks,
      quantityLots,
      cumLots,
      leavesLots,
      orderId,
      execId,
      ...news,
    };
  }

  #send(report: Report): void {
    this.messages.push((events, possDup) => events.onReport({ ...report, possDup }));
  }
}

/** A report that says nothing, to be filled in. */
export const blank: Report = {
  kind: 'execution',
  symbolId: 0,
  clOrdId: '',
  origClOrdId: undefined,
  orderId: '',
  execId: '',
  execType: '',
  ordStatus: '',
  side: 'buy',
  priceTicks: 0,
  quantityLots: 0,
  lastLots: 0,
  lastPriceTicks: 0,
  cumLots: 0,
  leavesLots: 0,
  liquidity: undefined,
  timeUs: 0,
  possDup: false,
  text: undefined,
};
