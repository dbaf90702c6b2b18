import { correlation, fitRidge, type Linear, type Mean, summarise } from './ridge.ts';
import { FLOW_20S, midOf, type Sample } from './samples.ts';

const RIDGE = 0.05;
/** A position is closed after so many seconds, whatever the forecast says. */
const LONGEST_HOLD = 90;

export interface Forecastability {
  /** Correlation of the ridge forecast with the forward mid return, on seeds it was not fitted on. */
  readonly informationCoefficient: number;
  /** The same of 20 s signed flow alone, which nothing was fitted for. */
  readonly flowInformationCoefficient: number;
  /**
   * Ticks a trade, after spread and fees: crosses when the forecast exceeds the cost of a round trip, crosses back when
   * it changes sign.
   */
  readonly ticksPerTrade: Mean;
}

/** Fits a ridge regression on the first half of the seeds and judges it on the second. */
export function forecastability(
  seeds: readonly (readonly Sample[])[],
  horizonSeconds: number,
  takerFeeTicks: number,
): Forecastability {
  const half = seeds.length >> 1;
  const fitted = pairs(seeds.slice(0, half), horizonSeconds);
  const forecast = fitRidge(fitted.rows, fitted.moves, RIDGE);
  const judged = pairs(seeds.slice(half), horizonSeconds);
  const gains = seeds.slice(half).flatMap((samples) => crossingGains(samples, forecast, takerFeeTicks));
  return {
    informationCoefficient: correlation(judged.rows.map(forecast), judged.moves),
    flowInformationCoefficient: correlation(
      judged.rows.map((row) => row[FLOW_20S] as number),
      judged.moves,
    ),
    ticksPerTrade: summarise(gains),
  };
}

function pairs(seeds: readonly (readonly Sample[])[], horizon: number): { rows: Float64Array[]; moves: number[] } {
  const rows: Float64Array[] = [];
  const moves: number[] = [];
  for (const samples of seeds) {
    for (let t = 0; t + horizon < samples.length; t++) {
      const now = samples[t] as Sample;
      rows.push(now.features);
      moves.push(midOf(samples[t + horizon] as Sample) - midOf(now));
    }
  }
  return { rows, moves };
}

function crossingGains(samples: readonly Sample[], forecast: Linear, takerFeeTicks: number): number[] {
  const gains: number[] = [];
  let position = 0;
  let entryTicks = 0;
  let entryAt = 0;
  samples.forEach((now, t) => {
    const expected = forecast(now.features);
    if (position !== 0 && (position * expected < 0 || t - entryAt > LONGEST_HOLD)) {
      const exitTicks = position > 0 ? now.bidTicks : now.askTicks;
      gains.push(position * (exitTicks - entryTicks) - 2 * takerFeeTicks);
      position = 0;
    }
    const costTicks = now.askTicks - now.bidTicks + 2 * takerFeeTicks;
    if (position !== 0 || Math.abs(expected) < costTicks) return;
    position = Math.sign(expected);
    entryTicks = position > 0 ? now.askTicks : now.bidTicks;
    entryAt = t;
  });
  return gains;
}
