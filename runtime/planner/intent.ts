import type { Side } from '../instrument.ts';

/** What the planner wants, before risk has spoken. `stay` is never recorded as an order. */
export interface Intent {
  readonly symbolId: number;
  readonly kind: 'post' | 'cross' | 'reduce';
  /** True to take what is there now, false to rest and be taken. */
  readonly crossing: boolean;
  readonly side: Side;
  readonly priceTicks: number;
  readonly quantityLots: number;
  /** What it believes this is worth, to be held against what happened. Ticks per lot over `horizonUs`. */
  readonly imagined: {
    readonly meanTicks: number;
    readonly deviationTicks: number;
    readonly horizonUs: number;
    readonly crossTicks: number;
    readonly postTicks: number;
    readonly holdTicks: number;
  };
}

/** Why the planner is not trading. */
export const DISABLE_REASONS = [
  'FEED_STALE',
  'BOOK_CROSSED',
  'REGIME_DRIFT',
  'SLA_BREACH',
  'MODEL_INSANE',
  'RISK_HALT',
  'WARMUP',
  'MANUAL',
  'NO_POLICY',
  'SESSION_DOWN',
  'RECONCILING',
] as const;
export type DisableReason = (typeof DISABLE_REASONS)[number];
