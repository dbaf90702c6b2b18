import type { Control } from '../control.ts';

/** An order may not reach our own resting order on the other side. */
export const selfMatch: Control = (request, view) => {
  const opposite =
    request.side === 'buy' ? view.ownBestAskTicks(request.symbolId) : view.ownBestBidTicks(request.symbolId);
  const reaches = request.side === 'buy' ? request.priceTicks >= opposite : request.priceTicks <= opposite;
  return reaches ? { reason: 'SELF_MATCH', actual: request.priceTicks, limit: opposite } : undefined;
};
