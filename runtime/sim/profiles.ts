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
  { factor: 0.6, seconds: 240 },
  { factor: 1, seconds: 240 },
  { factor: 1.9, seconds: 120 },
];

/** Small tick: a spread of many ticks, thin levels. Calibrated to AMZN on Nasdaq, 2012-06-21. */
export const small: SymbolProfile = {
  instrument: share('SIM-S'),
  startTicks: 22_300,
  priceLimitTicks: 65_536,
  value: {
    moveRate: 0.35,
    moveOffspring: 0.4,
    moveDecay: 0.5,
    moveTicks: 1.4,
    newsShare: 0.04,
    newsFactor: 5,
    regimes,
    eventPauseSeconds: 45,
    eventWindowSeconds: [20, 60],
    eventTicks: [14, 34],
  },
  makers: {
    count: 4,
    halfSpreadTicks: 5,
    referenceVolatility: 3,
    levels: 6,
    spacingTicks: 4,
    lots: 110,
    skewTicksPerLot: 0.002,
    reactionSeconds: 0.15,
    idleSeconds: 2,
    latencySeconds: 0.002,
    flowSeconds: 20,
    caution: 0.5,
  },
  noise: {
    rate: 0.06,
    offspring: 0.25,
    decay: 0.5,
    lots: 70,
    parentExponent: 1.3,
    parentMax: 60,
    contraryShare: 0.1,
  },
  providers: {
    count: 3,
    rate: 0.8,
    offspring: 0.3,
    decay: 1,
    orders: 8,
    lots: 90,
    insideShare: 0.2,
    depthTicks: 5,
  },
  informed: { rate: 0.15, offspring: 0.3, decay: 0.5, lots: 70, marginTicks: 2, passiveShare: 0.2 },
  momentum: { rate: 0.2, lots: 60, windowSeconds: 20, threshold: 1.8 },
  arbitrageurs: { count: 2, latencySeconds: 0.003, lots: 200, marginTicks: 1 },
};

export const profiles: readonly SymbolProfile[] = [small];
