import { orderFlowImbalance } from '../order-flow.ts';

/** Order-flow imbalance at the best prices, 2 s window. */
export const feature = orderFlowImbalance('ofi-fast', 2_000_000, 1);
