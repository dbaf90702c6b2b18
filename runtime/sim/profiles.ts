import type { Instrument } from '../instrument.ts';
import type { SymbolProfile } from './profile.ts';

const share = (symbol: string): Instrument => ({
  symbol,
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5_000,
  takerFeeMicroUsdPerLot: 3_000,
  makerFeeMicroUsdPerLot: -2_000,
});

const regimes = [
  { factor: 0.35, seconds: 400 },
  { factor: 1, seconds: 400 },
  { factor: 2.1, seconds: 250 },
];

/** Small tick: a spread of many ticks, thin levels. Calibrated to AMZN on Nasdaq, 2012-06-21. */
export const small: SymbolProfile = {
  instrument: share('SIM-S'),
  startTicks: 22_300,
  priceLimitTicks: 65_536,
  value: {
    moveRate: 0.2,
    moveOffspring: 0.8,
    moveDecay: 0.2,
    moveTicks: 1.1,
    newsShare: 0.05,
    newsFactor: 3.5,
    regimes,
    eventPauseSeconds: 45,
    eventWindowSeconds: [20, 55],
    eventTicks: [20, 30],
  },
  makers: {
    count: 4,
    halfSpreadTicks: 3.6,
    referenceVolatility: 2.8,
    levels: 6,
    spacingTicks: 4,
    holdSteps: 0.25,
    lots: 80,
    topFactor: 2,
    takeMarginTicks: 2.5,
    skewTicksPerLot: 0.002,
    reactionSeconds: 0.15,
    idleSeconds: 2,
    latencySeconds: 0.002,
    flowSeconds: 20,
    caution: 0.25,
  },
  noise: {
    rate: 0.068,
    offspring: 0.05,
    decay: 0.5,
    lots: 70,
    parentExponent: 0.95,
    parentMax: 250,
    contraryShare: 0.07,
  },
  providers: {
    count: 3,
    rate: 1,
    offspring: 0.3,
    decay: 1,
    orders: 4,
    lots: 85,
    insideShare: 0.02,
    depthTicks: 7,
  },
  informed: { rate: 0.24, offspring: 0.2, decay: 0.5, lots: 170, marginTicks: 2, passiveShare: 0.15 },
  momentum: { rate: 0.2, lots: 60, windowSeconds: 20, threshold: 1.8 },
  arbitrageurs: { count: 2, latencySeconds: 0.003, lots: 200, marginTicks: 2 },
};

/** Medium tick: a spread of a few ticks. */
export const medium: SymbolProfile = {
  instrument: share('SIM-M'),
  startTicks: 8_000,
  priceLimitTicks: 32_768,
  value: {
    ...small.value,
    moveTicks: 0.35,
    eventTicks: [9, 14],
  },
  makers: {
    ...small.makers,
    count: 5,
    halfSpreadTicks: 1.1,
    referenceVolatility: 1,
    spacingTicks: 2,
    lots: 300,
    takeMarginTicks: 0.9,
    skewTicksPerLot: 0.0002,
  },
  noise: { ...small.noise, lots: 150 },
  providers: { ...small.providers, orders: 6, lots: 250, insideShare: 0.05, depthTicks: 2.5 },
  informed: { ...small.informed, lots: 350, marginTicks: 0.8 },
  momentum: { ...small.momentum, lots: 150 },
  arbitrageurs: { ...small.arbitrageurs, lots: 500, marginTicks: 0.8 },
};

/** Large tick: the spread is the tick, queues are long. */
export const large: SymbolProfile = {
  instrument: share('SIM-L'),
  startTicks: 2_500,
  priceLimitTicks: 16_384,
  value: {
    ...small.value,
    moveTicks: 0.12,
    eventTicks: [5, 8],
  },
  makers: {
    ...small.makers,
    count: 6,
    halfSpreadTicks: 0.04,
    referenceVolatility: 0.35,
    levels: 6,
    spacingTicks: 1,
    holdSteps: 0,
    lots: 900,
    takeMarginTicks: 0.4,
    skewTicksPerLot: 0.00001,
    caution: 0.15,
  },
  noise: { ...small.noise, lots: 500 },
  providers: { ...small.providers, orders: 8, lots: 700, insideShare: 0.5, depthTicks: 1 },
  informed: { ...small.informed, lots: 1_500, marginTicks: 0.4 },
  momentum: { ...small.momentum, lots: 500 },
  arbitrageurs: { ...small.arbitrageurs, lots: 3_000, marginTicks: 0.4 },
};

export const profiles: readonly SymbolProfile[] = [small, medium, large];
