/** Why risk refused: a value, never thrown. Figures name their unit; `limit` is what is allowed. */
export interface Denial {
  readonly reason: DenialReason;
  readonly actual: number;
  readonly limit: number;
}

export const DENIAL_REASONS = [
  'QUANTITY_EXCEEDS_LIMIT',
  'NOTIONAL_EXCEEDS_LIMIT',
  'PRICE_OUTSIDE_COLLAR',
  'REFERENCE_UNUSABLE',
  'POSITION_EXCEEDS_LIMIT',
  'GROSS_NOTIONAL_EXCEEDS_LIMIT',
  'OPEN_ORDERS_EXCEED_LIMIT',
  'MESSAGE_RATE_EXCEEDS_LIMIT',
  'SELF_MATCH',
  'DAILY_LOSS_EXCEEDS_LIMIT',
  'DRAWDOWN_REDUCE_ONLY',
  'DRAWDOWN_HALT',
  'DATA_TOO_OLD',
  'FORECAST_INSANE',
  'POSITION_UNKNOWN',
] as const;
export type DenialReason = (typeof DENIAL_REASONS)[number];
