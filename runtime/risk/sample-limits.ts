import type { Limits } from '../contract.ts';

/** Limits for tests, each small enough to be met. */
export const sampleLimits: Limits = {
  maxOrderQuantityLots: 100,
  maxOrderNotionalUsd: 30_000,
  priceCollarTicks: 50,
  maxPositionLots: 300,
  maxGrossNotionalUsd: 60_000,
  maxOpenOrders: 4,
  maxOrdersPerSecond: 10,
  maxDailyLossUsd: 500,
  maxDrawdownUsd: 200,
  maxDataAgeUs: 1_000_000,
  maxForecastSigmas: 8,
};
