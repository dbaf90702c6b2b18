import { tradeFlow } from '../trade-flow.ts';

/** Signed trade flow, 2 s window. */
export const feature = tradeFlow('trade-flow-fast', 2_000_000);
