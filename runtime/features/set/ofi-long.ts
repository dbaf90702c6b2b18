import { orderFlowImbalance } from '../order-flow.ts';

/** Order-flow imbalance at the best prices, 120 s window. */
export const feature = orderFlowImbalance('ofi-long', 120_000_000, 1);
