import type { PolicyManifest } from '../contract.ts';
import type { PopulationReference } from './population-index.ts';

/** What a policy's market was like when it was approved. */
export interface DriftReference {
  /** Rank correlation of forecasts with what happened; null: not measured, and the signal is not judged. */
  readonly informationCoefficient: number | null;
  /** One per feature of the row, in its order. */
  readonly features: readonly PopulationReference[];
}

/** What a manifest says of it; undefined when it says too little to measure anything by. */
export function driftReferenceOf(reference: PolicyManifest['reference']): DriftReference | undefined {
  const { informationCoefficient, features } = reference;
  return features && { informationCoefficient, features };
}

export interface DriftRule {
  /** Event time of a window. */
  readonly windowUs: number;
  /** Fewest decisions, and pairs of forecast and outcome, that a window is judged on. */
  readonly decisionsMin: number;
  /** A Predictive Signal Index below this counts as weak … */
  readonly signalIndexMin: number;
  /** … and so many weak windows in a row are drift. */
  readonly signalWindows: number;
  /** A feature whose Population Stability Index is above this, and above its usual one, has moved … */
  readonly populationIndexMax: number;
  /** … so many of them in one window are drift … */
  readonly populationFeatures: number;
  /** … and so is any that has moved in so many windows in a row. */
  readonly populationWindows: number;
}

/**
 * An hour: the simulated market changes its volatility every six minutes or so, and a window has to hold a dozen of
 * such spells before it says something about the market and not about the spell. The indices' own bounds are the custom.
 */
export const driftRule: DriftRule = {
  windowUs: 3_600_000_000,
  decisionsMin: 2000,
  signalIndexMin: 0.5,
  signalWindows: 2,
  populationIndexMax: 0.25,
  populationFeatures: 3,
  populationWindows: 3,
};
