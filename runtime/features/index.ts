import type { Feature } from './feature.ts';
import { feature as concentration } from './set/concentration.ts';
import { feature as concentrationImbalance } from './set/concentration-imbalance.ts';
import { feature as depthFiveUsual } from './set/depth-five-usual.ts';
import { feature as depthTenUsual } from './set/depth-ten-usual.ts';
import { feature as eventIntensity } from './set/event-intensity.ts';
import { feature as gapImbalance } from './set/gap-imbalance.ts';
import { feature as gapUsual } from './set/gap-usual.ts';
import { feature as imbalanceBehind } from './set/imbalance-behind.ts';
import { feature as imbalanceBest } from './set/imbalance-best.ts';
import { feature as imbalanceFive } from './set/imbalance-five.ts';
import { feature as imbalanceTen } from './set/imbalance-ten.ts';
import { feature as imbalanceThree } from './set/imbalance-three.ts';
import { feature as imbalanceTwo } from './set/imbalance-two.ts';
import { feature as imbalanceWeighted } from './set/imbalance-weighted.ts';
import { feature as micropriceDepth } from './set/microprice-depth.ts';
import { feature as micropriceOffset } from './set/microprice-offset.ts';
import { feature as micropriceVolatility } from './set/microprice-volatility.ts';
import { feature as moveIntensity } from './set/move-intensity.ts';
import { feature as ofiDepth } from './set/ofi-depth.ts';
import { feature as ofiDepthFast } from './set/ofi-depth-fast.ts';
import { feature as ofiFast } from './set/ofi-fast.ts';
import { feature as ofiLong } from './set/ofi-long.ts';
import { feature as ofiSlow } from './set/ofi-slow.ts';
import { feature as ofiTen } from './set/ofi-ten.ts';
import { feature as queueUsual } from './set/queue-usual.ts';
import { feature as returnFast } from './set/return-fast.ts';
import { feature as returnInstant } from './set/return-instant.ts';
import { feature as returnLong } from './set/return-long.ts';
import { feature as returnSlow } from './set/return-slow.ts';
import { feature as slopeImbalance } from './set/slope-imbalance.ts';
import { feature as slopeUsual } from './set/slope-usual.ts';
import { feature as spread } from './set/spread.ts';
import { feature as spreadUsual } from './set/spread-usual.ts';
import { feature as spreadVolatility } from './set/spread-volatility.ts';
import { feature as timeSinceMove } from './set/time-since-move.ts';
import { feature as timeSinceTrade } from './set/time-since-trade.ts';
import { feature as tradeFlowFast } from './set/trade-flow-fast.ts';
import { feature as tradeFlowLong } from './set/trade-flow-long.ts';
import { feature as tradeFlowSlow } from './set/trade-flow-slow.ts';
import { feature as tradeImbalance } from './set/trade-imbalance.ts';
import { feature as tradeIntensity } from './set/trade-intensity.ts';
import { feature as tradePressure } from './set/trade-pressure.ts';
import { feature as volatilityFast } from './set/volatility-fast.ts';
import { feature as volatilityRatio } from './set/volatility-ratio.ts';
import { feature as volatilitySlow } from './set/volatility-slow.ts';
import { feature as volumeIntensity } from './set/volume-intensity.ts';
import { feature as widthUsual } from './set/width-usual.ts';

/** The features of a policy that names no others, in the order of its row. */
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

/** Every feature of the product. A test holds this list to the files in `set/`. */
export const catalogue: readonly Feature[] = [
  ...features,
  concentration,
  concentrationImbalance,
  depthFiveUsual,
  depthTenUsual,
  eventIntensity,
  gapImbalance,
  gapUsual,
  imbalanceBehind,
  imbalanceFive,
  imbalanceTen,
  imbalanceThree,
  imbalanceTwo,
  micropriceDepth,
  micropriceVolatility,
  moveIntensity,
  ofiDepthFast,
  ofiLong,
  ofiTen,
  queueUsual,
  returnInstant,
  returnLong,
  slopeImbalance,
  slopeUsual,
  spreadUsual,
  spreadVolatility,
  timeSinceMove,
  tradeFlowLong,
  tradeImbalance,
  tradePressure,
  volatilityRatio,
  volumeIntensity,
  widthUsual,
];
