/** Learning rate over a run: a linear warm-up, then half a cosine down to a tenth. */

const WARM_UP_SHARE = 0.1;
const LONGEST_WARM_UP = 100;
const FINAL_SHARE = 0.1;

/** @param step updates done so far, from 0 */
export function learningRateAt(step: number, steps: number, peak: number): number {
  const warmUp = Math.min(LONGEST_WARM_UP, Math.ceil(steps * WARM_UP_SHARE));
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  const done = (step - warmUp) / Math.max(1, steps - warmUp);
  return peak * (FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + Math.cos(Math.PI * done)));
}
