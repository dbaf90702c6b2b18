import { orderFlowImbalance } from '../order-flow.ts';

/** Order-flow imbalance over the first ten levels, 20 s window. */
export const feature = orderFlowImbalance('ofi-ten', 20_000_000, 10);
