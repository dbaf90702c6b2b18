import { midReturn } from '../mid-return.ts';

/** Mid return over about a quarter of a second. */
export const feature = midReturn('return-instant', 250_000);
