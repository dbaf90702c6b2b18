/** A series whose best forecast is known, so that tests and benches can say how much was learned. */
import { Random } from '../../runtime/random.ts';
import type { Rows } from './rows.ts';

/** Nats a label of the forecaster that knows how the labels were made. */
export const BEST_LOSS = 0.5 * Math.log(2 * Math.PI) + Math.log(0.8) + 0.5;

/**
 * Labels are half a decaying sum of the first feature, which only a model with memory can follow, plus noise of
 * deviation 0.8; the other features are noise. The last ten labels of each segment are unknown.
 */
export function syntheticRows(seed: number, count: number, features: number, horizons: number, segments = 2): Rows {
  const random = Random.of(seed, 'synthetic');
  const x = Float32Array.from({ length: count * features }, () => random.gaussian());
  const y = new Float32Array(count * horizons);
  const length = Math.ceil(count / segments);
  let memory = 0;
  for (let row = 0; row < count; row++) {
    const inSegment = row % length;
    memory = (inSegment === 0 ? 0 : 0.9 * memory) + 0.4 * (x[row * features] as number);
    for (let h = 0; h < horizons; h++) {
      const known = inSegment < length - 10;
      y[row * horizons + h] = known ? 0.5 * memory + 0.8 * random.gaussian() : Number.NaN;
    }
  }
  return { features, horizons, x, y, segments: Array.from({ length: segments }, (_, i) => i * length) };
}
