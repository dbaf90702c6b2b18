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
  { factor: 0.4, seconds: 400 },
  { factor: 1, seconds: 400 },
  { factor: 2.2, seconds: 200 },
];

/** Small tick: a spread of many ticks, thin levels. Calibrated to AMZN on Nasdaq, 2012-06-21. */
export const small: SymbolProfile = {
  instrument: share('SIM-S'),
  startTicks: 22_300,
  priceLimitTicks: 65_536,
  value: {
    moveRate: 0.24,
    moveOffspring: 0.75,
    moveDecay: 0.15,
    moveTicks: 1,
    newsShare: 0.05,
    newsFactor: 3.5,
    regimes,
    eventPauseSeconds: 45,
    eventWindowSeconds: [20, 60],
    eventTicks: [19, 29],
  },
  makers: {
    count: 4,
    halfSpreadTicks: 4,
    referenceVolatility: 2.8,
    levels: 6,
    spacingTicks: 4,
    lots: 90,
    topFactor: 1.8,
    takeMarginTicks: 2.5,
    skewTicksPerLot: 0.002,
    reactionSeconds: 0.15,
    idleSeconds: 2,
    latencySeconds: 0.002,
    flowSeconds: 20,
    caution: 0.25,
  },
  noise: {
    rate: 0.07,
    offspring: 0.06,
    decay: 0.5,
    lots: 70,
    parentExponent: 1,
    parentMax: 300,
    contraryShare: 0.1,
  },
  providers: {
    count: 3,
    rate: 1,
    offspring: 0.3,
    decay: 1,
    orders: 4,
    lots: 90,
    insideShare: 0.02,
    depthTicks: 7,
  },
  informed: { rate: 0.27, offspring: 0.25, decay: 0.5, lots: 140, marginTicks: 2, passiveShare: 0.15 },
  momentum: { rate: 0.2, lots: 60, windowSeconds: 20, threshold: 1.8 },
  arbitrageurs: { count: 2, latencySeconds: 0.003, lots: 200, marginTicks: 2 },
};

export const profiles: readonly SymbolProfile[] = [small];
