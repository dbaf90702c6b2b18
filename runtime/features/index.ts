import type { Feature } from './feature.ts';
import { feature as imbalanceBest } from './set/imbalance-best.ts';
import { feature as imbalanceWeighted } from './set/imbalance-weighted.ts';
import { feature as micropriceOffset } from './set/microprice-offset.ts';
import { feature as ofiDepth } from './set/ofi-depth.ts';
import { feature as ofiFast } from './set/ofi-fast.ts';
import { feature as ofiSlow } from './set/ofi-slow.ts';
import { feature as returnFast } from './set/return-fast.ts';
import { feature as returnSlow } from './set/return-slow.ts';
import { feature as spread } from './set/spread.ts';
import { feature as timeSinceTrade } from './set/time-since-trade.ts';
import { feature as tradeFlowFast } from './set/trade-flow-fast.ts';
import { feature as tradeFlowSlow } from './set/trade-flow-slow.ts';
import { feature as tradeIntensity } from './set/trade-intensity.ts';
import { feature as volatilityFast } from './set/volatility-fast.ts';
import { feature as volatilitySlow } from './set/volatility-slow.ts';

/** The features of every policy, in the order of the row. A test holds this list to the files in `set/`. */
export const features: readonly Feature[] = [
  spread,
  imbalanceBest,
  imbalanceWeighted,
  micropriceOffset,
  ofiFast,
  ofiSlow,
  ofiDepth,
  tradeFlowFast,
  tradeFlowSlow,
  tradeIntensity,
  timeSinceTrade,
  returnFast,
  returnSlow,
  volatilityFast,
  volatilitySlow,
];
