import { guardMoney, type InstrumentTable } from '../instrument.ts';
import type { Anomaly, AnomalyKind } from './anomaly.ts';
import { Order, type PendingRequest } from './order.ts';
import { Orders, type RestingListener } from './orders.ts';
import { Positions, type Trade } from './positions.ts';
import { transition } from './transition.ts';
import type { NewOrder, Report } from './venue.ts';

/** What one report did. `execution` is there when the position moved. */
export interface Effect {
  readonly outcome: 'applied' | 'stale' | 'duplicate' | 'anomaly';
  readonly anomaly: Anomaly | undefined;
  readonly order: Order | undefined;
  readonly execution: { readonly trade: Trade; readonly bustOf: string | undefined } | undefined;
}

/**
 * Orders and positions, moved only by what we sent and what the venue reported: the same calls in the same order give
 * the same state, which is how a restart rebuilds it from the journal. It sends, stores and reads nothing.
 */
export class Ledger {
  readonly instruments: InstrumentTable;
  readonly orders: Orders;
  readonly positions: Positions;

  constructor(instruments: InstrumentTable, onResting: RestingListener, closedKept: number) {
    this.instruments = instruments;
    this.positions = new Positions(instruments.list.length);
    this.orders = new Orders({
      symbols: instruments.list.length,
      closedKept,
      onResting,
      onForgotten: (order) => this.positions.forget(order.execIds),
    });
  }

  sent(first: NewOrder, number: number, intentSeq: number, midHalfTicks: number): void {
    this.orders.add(new Order(first, number, intentSeq, midHalfTicks));
  }

  requested(order: Order, request: PendingRequest): void {
    order.request = request;
    this.orders.alias(order, request.clOrdId);
    this.orders.changed(order);
  }

  /** The venue's list of open orders lacks it, and it was sent before the list could miss it. */
  presumeClosed(order: Order): void {
    order.closed = 'canceled';
    order.presumed = true;
    order.request = undefined;
    this.orders.changed(order);
  }

  /** A request of an earlier connection that the venue never received. */
  lapse(order: Order): void {
    order.request = undefined;
    this.orders.changed(order);
  }

  report(report: Report): Effect {
    const order = this.orders.find(report.clOrdId) ?? this.orders.find(report.origClOrdId ?? '');
    const listed = report.execType === 'I';
    if (!listed && this.positions.isDuplicate(report.execId)) {
      if (report.possDup) return { outcome: 'duplicate', anomaly: undefined, order, execution: undefined };
      return this.#anomaly(order, report, 'DUPLICATE_EXEC_ID', `ExecID "${report.execId}" was reported before`);
    }
    if (report.kind === 'execution') {
      if (report.symbolId < 0) {
        return this.#anomaly(order, report, 'UNKNOWN_SYMBOL', 'the symbol is not configured');
      }
      const defect = defectOf(report, order);
      if (defect !== undefined) return this.#anomaly(order, report, 'MALFORMED_REPORT', defect);
      if (report.execType === 'F') return this.#trade(order, report);
      if (report.execType === 'H') return this.#bust(order, report);
      if (!listed) {
        this.positions.remember(report.execId);
        order?.execIds.push(report.execId);
      }
    }
    if (order === undefined) return this.#anomaly(order, report, 'UNKNOWN_ORDER', 'we never sent it');
    return this.#move(order, report, undefined);
  }

  #trade(order: Order | undefined, report: Report): Effect {
    const { symbolId, side, lastLots: lots, lastPriceTicks: priceTicks } = report;
    const instrument = this.instruments.of(symbolId);
    // An execution whose liquidity is not said is charged as a taker's: never booked cheaper than it was.
    const liquidity = report.liquidity ?? 'taker';
    const perLot = liquidity === 'maker' ? instrument.makerFeeMicroUsdPerLot : instrument.takerFeeMicroUsdPerLot;
    const clOrdId = order?.first.clOrdId ?? report.clOrdId;
    const trade: Trade = {
      clOrdId,
      symbolId,
      side,
      lots,
      priceTicks,
      liquidity,
      feeMicroUsd: guardMoney(perLot * lots),
    };
    const booked = this.positions.book(report.execId, trade);
    order?.execIds.push(report.execId);
    if (!booked) {
      if (order !== undefined) order.executedLots += lots;
      return { outcome: 'stale', anomaly: undefined, order, execution: undefined };
    }
    const execution = { trade, bustOf: undefined };
    if (order !== undefined) return this.#move(order, report, execution);
    const anomaly: Anomaly = { kind: 'UNKNOWN_ORDER', clOrdId: report.clOrdId, detail: `${lots} lots executed` };
    return { outcome: 'anomaly', anomaly, order, execution };
  }

  #bust(order: Order | undefined, report: Report): Effect {
    const bustOf = report.execRefId ?? '';
    this.positions.remember(report.execId);
    order?.execIds.push(report.execId);
    const trade = bustOf === '' ? undefined : this.positions.bust(bustOf);
    if (trade === undefined) {
      return this.#anomaly(order, report, 'BUST_UNKNOWN', `ExecRefID (19) "${bustOf}" is not an execution of ours`);
    }
    const execution = { trade: { ...trade, lots: -trade.lots, feeMicroUsd: -trade.feeMicroUsd }, bustOf };
    if (order !== undefined) return this.#move(order, { ...report, lastLots: trade.lots }, execution);
    return { outcome: 'applied', anomaly: undefined, order, execution };
  }

  #move(order: Order, report: Report, execution: Effect['execution']): Effect {
    const result = transition(order, report);
    this.orders.changed(order);
    if (result.outcome !== 'anomaly') return { outcome: result.outcome, anomaly: undefined, order, execution };
    const anomaly = { kind: result.kind, clOrdId: order.first.clOrdId, detail: result.detail };
    return { outcome: 'anomaly', anomaly, order, execution };
  }

  #anomaly(order: Order | undefined, report: Report, kind: AnomalyKind, detail: string): Effect {
    return {
      outcome: 'anomaly',
      anomaly: { kind, clOrdId: report.clOrdId, detail },
      order,
      execution: undefined,
    };
  }
}

/** What cannot be true of a report, in words; undefined when it is sound. */
function defectOf(report: Report, order: Order | undefined): string | undefined {
  const counts = [report.cumLots, report.leavesLots, report.quantityLots, report.lastLots];
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0)) {
    return `quantities are ${counts.join(', ')}, only whole lots from 0 are allowed`;
  }
  if (order !== undefined && (report.symbolId !== order.first.symbolId || report.side !== order.first.side)) {
    return 'symbol or side is not the order’s';
  }
  if (report.execType !== 'F') return undefined;
  if (report.execId === '') return 'an execution without ExecID (17) cannot be counted once';
  if (report.lastLots === 0) return 'LastQty (32) is 0';
  return Number.isSafeInteger(report.lastPriceTicks) ? undefined : `LastPx (31) is ${report.lastPriceTicks} ticks`;
}
