import { midReturn } from '../mid-return.ts';

/** Mid return over about a minute. */
export const feature = midReturn('return-long', 60_000_000);
