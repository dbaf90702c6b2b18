import type { OrderDefect } from '../fix/venue-messages.ts';
import { type Side, signOf } from '../instrument.ts';
import { Levels, type Market } from './market.ts';
import type { DeskOrder } from './order-report.ts';
import { CANCEL_REJECT, type NewRequest, ORDER_REJECT, type ReplaceRequest } from './request.ts';

const best = new Levels();

/** Why a new order cannot be taken, or undefined. Its ClOrdID and symbol are known to be good. */
export function newOrderDefect(
  market: Market,
  open: Iterable<DeskOrder>,
  symbolId: number,
  request: NewRequest,
): OrderDefect | undefined {
  if (request.defect !== undefined) return request.defect;
  const { side, priceTicks, quantityLots, postOnly, timeInForce } = request;
  const defect = amountDefect(market, symbolId, priceTicks, quantityLots);
  if (defect !== undefined) return defect;
  if (request.details?.expireTimeUs !== undefined) {
    return { code: ORDER_REJECT.UNSUPPORTED, text: 'good till date is not supported' };
  }
  if (postOnly && timeInForce === 'ioc') return other('a post-only order cannot be immediate-or-cancel');
  return tradeDefect(market, open, { symbolId, side, priceTicks, postOnly });
}

/** Why an open order cannot be replaced, or undefined. */
export function replaceDefect(
  market: Market,
  open: Iterable<DeskOrder>,
  order: DeskOrder,
  request: ReplaceRequest,
): OrderDefect | undefined {
  const { priceTicks, quantityLots } = request;
  if (request.symbol !== order.symbol) return other(`order ${order.clOrdId} is in ${order.symbol}`);
  const defect = amountDefect(market, order.symbolId, priceTicks, quantityLots);
  if (defect !== undefined) return { ...defect, code: CANCEL_REJECT.OTHER };
  if (quantityLots <= order.cumLots) {
    return other(`quantity is not above what has traded (${quantityLots}), more than ${order.cumLots} is allowed`);
  }
  const { symbolId, side, postOnly } = order;
  return tradeDefect(market, open, { symbolId, side, priceTicks, postOnly });
}

function amountDefect(
  market: Market,
  symbolId: number,
  priceTicks: number,
  quantityLots: number,
): OrderDefect | undefined {
  const priceTicksMax = market.priceTicksMax(symbolId);
  if (quantityLots < 1 || quantityLots > market.orderLotsMax) {
    const text = `quantity is ${quantityLots} lots, 1 to ${market.orderLotsMax} is allowed`;
    return { code: ORDER_REJECT.BAD_QUANTITY, text };
  }
  if (priceTicks >= 1 && priceTicks <= priceTicksMax) return undefined;
  return other(`price is ${priceTicks} ticks, 1 to ${priceTicksMax} is allowed`);
}

/** Why an order must not trade as it would: against its own owner, or at all when it is post-only. */
function tradeDefect(
  market: Market,
  open: Iterable<DeskOrder>,
  order: { readonly symbolId: number; readonly side: Side; readonly priceTicks: number; readonly postOnly: boolean },
): OrderDefect | undefined {
  const reaches = (priceTicks: number) => signOf(order.side) * (order.priceTicks - priceTicks) >= 0;
  for (const own of open) {
    if (own.symbolId !== order.symbolId || own.side === order.side || !reaches(own.priceTicks)) continue;
    return other(`it could trade with your own order ${own.clOrdId}`);
  }
  if (!order.postOnly) return undefined;
  market.levels(order.symbolId, order.side === 'buy' ? 'sell' : 'buy', 1, best);
  return best.count > 0 && reaches(best.priceTicks[0]) ? other('a post-only order would take') : undefined;
}

/** 99 is "other" as OrdRejReason (103) and as CxlRejReason (102). */
function other(text: string): OrderDefect {
  return { code: ORDER_REJECT.OTHER, text };
}
