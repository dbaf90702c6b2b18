import { notionalMicroUsd } from '../../instrument.ts';
import { type Control, microUsd } from '../control.ts';

/** Figures in the denial are micro-USD. */
export const orderNotional: Control = (request, view) => {
  const actual = notionalMicroUsd(view.instrument(request.symbolId), request.priceTicks, request.quantityLots);
  const limit = microUsd(view.limits.maxOrderNotionalUsd);
  return actual <= limit ? undefined : { reason: 'NOTIONAL_EXCEEDS_LIMIT', actual, limit };
};
