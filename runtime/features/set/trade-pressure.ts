import { eventFlow } from '../event-flow.ts';

/** Changes with buying aggressors less those with selling ones, 5 s window: how often, not how much. */
export const feature = eventFlow(
  'trade-pressure',
  'odd',
  5_000_000,
  ({ buyLots, sellLots }) => Math.sign(buyLots) - Math.sign(sellLots),
);
