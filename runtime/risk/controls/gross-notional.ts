import { guardMoney } from '../../instrument.ts';
import { type Control, microUsd } from '../control.ts';

/** Worst-case gross notional over all symbols, at mid. Figures in the denial are micro-USD. */
export const grossNotional: Control = (request, view) => {
  if (request.reducing) return undefined;
  let actual = 0;
  for (let id = 0; id < view.symbols; id++) {
    const own =
      id === request.symbolId ? request.quantityLots - Math.min(request.replacedLots, request.quantityLots) : 0;
    const buys = view.openBuyLots(id) + (request.side === 'buy' ? own : 0);
    const sells = view.openSellLots(id) + (request.side === 'sell' ? own : 0);
    const held = view.positionLots(id);
    const worstLots = Math.max(Math.abs(held + buys), Math.abs(held - sells));
    if (worstLots === 0) continue;
    actual += guardMoney(worstLots * view.midHalfTicks(id) * view.instrument(id).microUsdPerHalfTickLot);
  }
  const limit = microUsd(view.limits.maxGrossNotionalUsd);
  return actual <= limit ? undefined : { reason: 'GROSS_NOTIONAL_EXCEEDS_LIMIT', actual, limit };
};
