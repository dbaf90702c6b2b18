import { orderFlowImbalance } from '../order-flow.ts';

/** Order-flow imbalance over the first five levels, 2 s window. */
export const feature = orderFlowImbalance('ofi-depth-fast', 2_000_000, 5);
