import type { Control } from '../control.ts';

/** Worst case per symbol: everything open on the order's side fills and nothing on the other. */
export const position: Control = (request, view) => {
  if (request.reducing) return undefined;
  const held = view.positionLots(request.symbolId);
  const added = request.quantityLots - Math.min(request.replacedLots, request.quantityLots);
  const worst =
    request.side === 'buy'
      ? held + view.openBuyLots(request.symbolId) + added
      : held - view.openSellLots(request.symbolId) - added;
  const limit = view.limits.maxPositionLots;
  return Math.abs(worst) <= limit ? undefined : { reason: 'POSITION_EXCEEDS_LIMIT', actual: worst, limit };
};
