import type { Control } from '../control.ts';

/** No new risk on an old book. */
export const dataAge: Control = (request, view) => {
  if (request.reducing) return undefined;
  const actual = view.timeUs - view.bookTimeUs(request.symbolId);
  const limit = view.limits.maxDataAgeUs;
  return actual <= limit ? undefined : { reason: 'DATA_TOO_OLD', actual, limit };
};
