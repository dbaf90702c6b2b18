import { orderFlowImbalance } from '../order-flow.ts';

/** Order-flow imbalance at the best prices, 20 s window. */
export const feature = orderFlowImbalance('ofi-slow', 20_000_000, 1);
