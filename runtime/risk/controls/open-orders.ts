import type { Control } from '../control.ts';

/** A replacement adds no order. */
export const openOrders: Control = (request, view) => {
  const actual = view.openOrders + (request.replacedLots > 0 ? 0 : 1);
  const limit = view.limits.maxOpenOrders;
  return actual <= limit ? undefined : { reason: 'OPEN_ORDERS_EXCEED_LIMIT', actual, limit };
};
