import { type Control, microUsd } from '../control.ts';

/** Reduce-only from the limit on, halted (by the pipeline, latched) from twice the limit on. Figures are micro-USD. */
export const drawdown: Control = (request, view) => {
  const actual = view.peakEquityMicroUsd - view.equityMicroUsd;
  const limit = microUsd(view.limits.maxDrawdownUsd);
  if (request.reducing || actual < limit) return undefined;
  return actual >= 2 * limit
    ? { reason: 'DRAWDOWN_HALT', actual, limit: 2 * limit }
    : { reason: 'DRAWDOWN_REDUCE_ONLY', actual, limit };
};
