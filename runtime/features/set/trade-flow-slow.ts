import { tradeFlow } from '../trade-flow.ts';

/** Signed trade flow, 20 s window. */
export const feature = tradeFlow('trade-flow-slow', 20_000_000);
