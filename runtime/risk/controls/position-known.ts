import type { Control } from '../control.ts';

/** Nothing is sent while the position is unknown, not even to reduce it: flattening has its own path. */
export const positionKnown: Control = (_request, view) =>
  view.positionKnown ? undefined : { reason: 'POSITION_UNKNOWN', actual: 0, limit: 1 };
