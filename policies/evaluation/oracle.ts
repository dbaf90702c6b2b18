import type { Instrument } from '../../runtime/instrument.ts';

/** What one symbol's market offered, per decision; all arrays have the same length. */
export interface Offered {
  readonly bidTicks: Int32Array;
  readonly askTicks: Int32Array;
  /** Lowest price at which a seller traded against a bid before the next decision; a large number when none did. */
  readonly soldDownToTicks: Int32Array;
  /** Highest price at which a buyer traded against an offer before the next decision; 0 when none did. */
  readonly boughtUpToTicks: Int32Array;
}

/**
 * The most that perfect hindsight could have earned on this market with the same order size, position limit, fees and
 * decision times, in micro-USD: a dynamic programme over position × time, backwards (Bellman).
 *
 * At each decision the oracle may change its position by one clip: across the spread, or as a maker at the best price
 * if somebody traded there before the next decision. It ends flat. It ignores queue position, so it bounds from above
 * what a policy of one order per decision and symbol can earn.
 */
export function oracleMicroUsd(
  offered: Offered,
  instrument: Instrument,
  clipLots: number,
  maxPositionLots: number,
): number {
  const steps = offered.bidTicks.length;
  const reach = Math.floor(maxPositionLots / clipLots);
  const states = 2 * reach + 1;
  const tick = 2 * instrument.microUsdPerHalfTickLot;
  let next = new Float64Array(states).fill(Number.NEGATIVE_INFINITY);
  next[reach] = 0;
  let here = new Float64Array(states);
  for (let t = steps - 1; t >= 0; t--) {
    const bid = offered.bidTicks[t];
    const ask = offered.askTicks[t];
    const buyCost = Math.min(
      ask * tick + instrument.takerFeeMicroUsdPerLot,
      offered.soldDownToTicks[t] <= bid ? bid * tick + instrument.makerFeeMicroUsdPerLot : Number.POSITIVE_INFINITY,
    );
    const sellGain = Math.max(
      bid * tick - instrument.takerFeeMicroUsdPerLot,
      offered.boughtUpToTicks[t] >= ask ? ask * tick - instrument.makerFeeMicroUsdPerLot : Number.NEGATIVE_INFINITY,
    );
    for (let s = 0; s < states; s++) {
      let best = next[s];
      if (s + 1 < states) best = Math.max(best, next[s + 1] - buyCost * clipLots);
      if (s > 0) best = Math.max(best, next[s - 1] + sellGain * clipLots);
      here[s] = best;
    }
    [here, next] = [next, here];
  }
  return next[reach] as number;
}
