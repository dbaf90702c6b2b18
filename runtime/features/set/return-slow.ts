import { midReturn } from '../mid-return.ts';

/** Mid return over about ten seconds. */
export const feature = midReturn('return-slow', 10_000_000);
