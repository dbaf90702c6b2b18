import type { TimeInForce } from '../execution/venue.ts';
import type { OrderDetails } from '../fix/order-details.ts';
import type { OrderDefect, OutgoingReport } from '../fix/venue-messages.ts';
import type { Side } from '../instrument.ts';
import type { CancelRequest } from './request.ts';

/** An order at the desk. */
export interface DeskOrder {
  readonly number: number;
  /** That of the last request that changed it. */
  clOrdId: string;
  /** −1 for a symbol that the market does not have: such an order is refused. */
  readonly symbolId: number;
  readonly symbol: string;
  readonly side: Side;
  priceTicks: number;
  quantityLots: number;
  cumLots: number;
  /** Σ price × lots of its trades. */
  tradedTicksLots: number;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly details?: OrderDetails;
}

export function orderIdOf(order: Pick<DeskOrder, 'number'>): string {
  return `O${order.number}`;
}

/** OrdStatus (39) of an open order. */
export function openStatusOf(order: DeskOrder): string {
  return order.cumLots > 0 ? '1' : '0';
}

/** An ExecutionReport (8) about an order as it is now; `about` adds what this report is for. */
export function executionReport(
  order: DeskOrder,
  execId: string,
  execType: string,
  ordStatus: string,
  timeUs: number,
  about: Partial<OutgoingReport>,
): OutgoingReport {
  const isOpen = ordStatus === '0' || ordStatus === '1';
  return {
    kind: 'execution',
    symbolId: order.symbolId,
    symbol: order.symbol,
    clOrdId: order.clOrdId,
    origClOrdId: undefined,
    orderId: orderIdOf(order),
    execId,
    execType,
    ordStatus,
    side: order.side,
    priceTicks: order.priceTicks,
    quantityLots: order.quantityLots,
    lastLots: 0,
    lastPriceTicks: 0,
    cumLots: order.cumLots,
    leavesLots: isOpen ? order.quantityLots - order.cumLots : 0,
    liquidity: undefined,
    timeUs,
    possDup: false,
    text: undefined,
    rejectReason: undefined,
    responseTo: undefined,
    tradedTicksLots: order.tradedTicksLots,
    timeInForce: order.timeInForce,
    status: undefined,
    details: order.details,
    ...about,
  };
}

/** An OrderCancelReject (9); `order` when the request names one that is still open. */
export function cancelReject(
  request: CancelRequest,
  order: DeskOrder | undefined,
  ordStatus: string,
  timeUs: number,
  defect: OrderDefect,
): OutgoingReport {
  return {
    kind: 'cancelReject',
    symbolId: order?.symbolId ?? -1,
    symbol: request.symbol,
    clOrdId: request.clOrdId,
    origClOrdId: request.origClOrdId,
    orderId: order === undefined ? 'NONE' : orderIdOf(order),
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
    timeUs,
    possDup: false,
    text: defect.text,
    rejectReason: defect.code,
    responseTo: request.kind === 'cancel' ? 1 : 2,
    tradedTicksLots: order?.tradedTicksLots ?? 0,
    timeInForce: order?.timeInForce ?? 'day',
    status: undefined,
    details: order?.details,
  };
}
