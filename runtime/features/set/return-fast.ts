import { midReturn } from '../mid-return.ts';

/** Mid return over about one second. */
export const feature = midReturn('return-fast', 1_000_000);
