import type { Control } from '../control.ts';

export const orderQuantity: Control = (request, { limits }) =>
  Number.isSafeInteger(request.quantityLots) &&
  request.quantityLots > 0 &&
  request.quantityLots <= limits.maxOrderQuantityLots
    ? undefined
    : { reason: 'QUANTITY_EXCEEDS_LIMIT', actual: request.quantityLots, limit: limits.maxOrderQuantityLots };
