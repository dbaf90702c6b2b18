import { tradeFlow } from '../trade-flow.ts';

/** Signed trade flow, 120 s window. */
export const feature = tradeFlow('trade-flow-long', 120_000_000);
