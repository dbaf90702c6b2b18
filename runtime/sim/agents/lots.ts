import type { Random } from '../../random.ts';

/** An order size around `mean`: most a little below, some several times as large; at least one lot. */
export function lotsAround(mean: number, random: Random): number {
  return Math.max(1, Math.round(mean * (0.4 + Math.min(5, random.exponential(1 / 0.6)))));
}
