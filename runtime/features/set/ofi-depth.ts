import { orderFlowImbalance } from '../order-flow.ts';

/** Order-flow imbalance over the first five levels, 20 s window. */
export const feature = orderFlowImbalance('ofi-depth', 20_000_000, 5);
