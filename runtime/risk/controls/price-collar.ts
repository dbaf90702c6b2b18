import type { Control } from '../control.ts';

/** A price may reach through the opposite best by at most the collar; without a fresh two-sided book there is no reference. */
export const priceCollar: Control = (request, view) => {
  const bid = view.bestBidTicks(request.symbolId);
  const ask = view.bestAskTicks(request.symbolId);
  if (!(bid < ask)) return { reason: 'REFERENCE_UNUSABLE', actual: ask - bid, limit: 1 };
  const through = request.side === 'buy' ? request.priceTicks - ask : bid - request.priceTicks;
  const limit = view.limits.priceCollarTicks;
  return request.priceTicks > 0 && through <= limit
    ? undefined
    : { reason: 'PRICE_OUTSIDE_COLLAR', actual: through, limit };
};
