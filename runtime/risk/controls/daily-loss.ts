import { type Control, microUsd } from '../control.ts';

/** Figures in the denial are micro-USD. Past the limit only reducing orders pass; the pipeline halts. */
export const dailyLoss: Control = (request, view) => {
  const actual = view.dayStartEquityMicroUsd - view.equityMicroUsd;
  const limit = microUsd(view.limits.maxDailyLossUsd);
  return actual < limit || request.reducing ? undefined : { reason: 'DAILY_LOSS_EXCEEDS_LIMIT', actual, limit };
};
