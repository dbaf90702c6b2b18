import type { Scaler } from '../contract.ts';

/** z = clamp((raw − mean) / deviation, ±clip), written into `out`; the same for training and for serving. */
export function scaleInto(raw: Float32Array, scaler: Scaler, out: Float32Array): void {
  const { mean, deviation, clip } = scaler;
  for (let i = 0; i < raw.length; i++) {
    const z = (raw[i] - (mean[i] as number)) / (deviation[i] as number);
    out[i] = Math.max(-clip, Math.min(clip, z));
  }
}
