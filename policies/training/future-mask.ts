/** A window of rows as it is cut for training, row-major. */
export interface Window {
  /** rows × features */
  readonly features: Float32Array;
  /** rows × horizons; NaN where unknown. */
  readonly labels: Float32Array;
}

/**
 * Takes from a window all that lies beyond what may be known in it: from row `known` on, features are zero and labels
 * unknown. Whatever stood there, the window is the same bits afterwards.
 *
 * @param rows of the window
 * @param known rows from its beginning, 0 to `rows`
 */
export function maskFuture({ features, labels }: Window, rows: number, known: number): void {
  features.fill(0, (features.length / rows) * known);
  labels.fill(Number.NaN, (labels.length / rows) * known);
}
