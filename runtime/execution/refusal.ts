import type { Order } from './order.ts';
import type { Report } from './venue.ts';

/**
 * What an order's refusal by Reject (3) or BusinessMessageReject (j) means for it: the same as the report that the
 * venue would have sent had it read the message. A refused first message rejects the order, a refused request fails.
 */
export function refusal(order: Order, clOrdId: string, text: string): Report {
  const whole = clOrdId === order.first.clOrdId;
  return {
    kind: whole ? 'execution' : 'cancelReject',
    symbolId: order.first.symbolId,
    clOrdId,
    origClOrdId: whole ? undefined : order.clOrdId,
    orderId: order.orderId ?? '',
    execId: '',
    execType: whole ? '8' : '',
    ordStatus: whole ? '8' : '0',
    side: order.first.side,
    priceTicks: order.priceTicks,
    quantityLots: order.quantityLots,
    lastLots: 0,
    lastPriceTicks: 0,
    cumLots: 0,
    leavesLots: 0,
    liquidity: undefined,
    timeUs: 0,
    possDup: false,
    text,
  };
}
