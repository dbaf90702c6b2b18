import { eventFlow } from '../event-flow.ts';

/** Lots traded in the last five seconds against the usual. */
export const feature = eventFlow(
  'volume-intensity',
  'even',
  5_000_000,
  ({ buyLots, sellLots, unsignedLots }) => buyLots + sellLots + unsignedLots,
);
