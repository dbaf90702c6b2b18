import type { Control } from '../control.ts';

/** New and replace requests in one second of event time; cancels are exempt, since they only take risk away. */
export const messageRate: Control = (_request, view) => {
  const actual = view.ordersLastSecond + 1;
  const limit = view.limits.maxOrdersPerSecond;
  return actual <= limit ? undefined : { reason: 'MESSAGE_RATE_EXCEEDS_LIMIT', actual, limit };
};
