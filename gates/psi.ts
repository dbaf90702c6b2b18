/** Both PSIs on a market nobody has seen: does the policy still know what it knew when its reference was stamped? */
import { record, type SymbolSeries } from '../policies/evaluation/recording.ts';
import type { PolicyManifest } from '../runtime/contract.ts';
import { type DriftReference, driftReferenceOf } from '../runtime/drift/drift-rule.ts';
import { PopulationCount } from '../runtime/drift/population-index.ts';
import { SignalPairs } from '../runtime/drift/signal-index.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import type { Finding, Gate } from './gate.ts';
import { gateSlice } from './gate-slice.ts';
import { ModelRuns, scaled } from './model-runs.ts';
import { thresholds as allThresholds } from './thresholds.ts';

const thresholds = allThresholds.psi;

/** A window of drift, as the running policy will be judged by. */
const SLICE_SECONDS = 3600;
/** Rows given to the model at once. */
const BLOCK_ROWS = 1024;

/** A symbol's decisions with what the policy said at each. */
export interface JudgedSeries {
  /** Raw feature rows, row-major. */
  readonly rows: Float32Array;
  /** Of the horizon that the policy trades on. */
  readonly forecasts: ArrayLike<number>;
  readonly midTicks: ArrayLike<number>;
  /** One volatility unit over that horizon. */
  readonly unitTicks: ArrayLike<number>;
}

export const psi: Gate = {
  name: 'psi',
  proves: 'signal and population of an unseen hour are those that the policy was stamped with',
  async run(candidate, { config, limits, progress, ...context }) {
    const { manifest } = candidate;
    const lacking = lackingReference(manifest);
    if (lacking !== undefined) return { status: 'failed', because: lacking, measured: {}, thresholds };
    const policy = loadPolicy(candidate.directory);
    const horizon = manifest.model.horizons[manifest.planner.horizon] as number;
    const series = record(gateSlice(context, 'psi', SLICE_SECONDS), config, limits, [horizon]);
    progress(0.7);
    const runs = new ModelRuns(policy);
    try {
      const at = 2 * manifest.planner.horizon;
      return judgeIndices(
        manifest,
        series.map((one) => ({ ...one, forecasts: forecastsOf(runs, one, manifest, at) })),
        horizon,
      );
    } finally {
      runs.dispose();
      progress(1);
    }
  },
};

/** @param at place of the horizon's mean among a row's forecasts */
function forecastsOf(runs: ModelRuns, { rows }: SymbolSeries, { scaler }: PolicyManifest, at: number): Float32Array {
  const said = runs.sequence(scaled(rows, scaler), 1, [BLOCK_ROWS]);
  return Float32Array.from({ length: said.length / runs.width }, (_, i) => said[i * runs.width + at]);
}

/** Why nothing could be held against the manifest's reference. */
export function lackingReference({ reference }: Pick<PolicyManifest, 'reference'>): string | undefined {
  const found = driftReferenceOf(reference);
  if (found === undefined) {
    return 'the manifest has no deciles of its features: once it trades, nobody could tell that its market has moved';
  }
  const { informationCoefficient } = found;
  if (informationCoefficient !== null && informationCoefficient > 0) return undefined;
  return `the manifest's rank correlation is ${informationCoefficient}: there is no signal to be watched`;
}

/**
 * Predictive Signal Index and Population Stability Indices of an hour, against the manifest's reference.
 *
 * @param manifest lacks nothing of its reference
 * @param horizon of the forecasts, in decisions
 * @throws Error when there are too few decisions to say anything
 */
export function judgeIndices(
  manifest: Pick<PolicyManifest, 'reference' | 'featureNames'>,
  series: readonly JudgedSeries[],
  horizon: number,
): Finding {
  const reference = driftReferenceOf(manifest.reference) as DriftReference;
  const expected = reference.informationCoefficient as number;
  const failed = (because: string, figures: Finding['measured']): Finding => ({
    status: 'failed',
    because,
    measured: figures,
    thresholds,
  });
  const counts = reference.features.map((feature) => new PopulationCount(feature));
  const pairs = new SignalPairs(series.length, horizon);
  for (const [s, { rows, forecasts, midTicks, unitTicks }] of series.entries()) {
    for (let i = 0; i < forecasts.length; i++) {
      for (const [f, count] of counts.entries()) count.add(rows[i * counts.length + f] as number);
      pairs.add(s, forecasts[i] as number, midTicks[i] as number, unitTicks[i] as number);
    }
  }
  if (pairs.count < thresholds.decisionsMin) {
    throw new Error(
      `psi: the slice has too few decisions (${pairs.count}), at least ${thresholds.decisionsMin} are needed`,
    );
  }
  const signalIndex = pairs.correlation() / expected;
  const indices = counts.map((count) => count.index());
  const boundOf = (f: number) => Math.max(thresholds.populationIndexMax, reference.features[f]?.usualIndex ?? 0);
  const moved = indices.flatMap((index, f) => (index > boundOf(f) ? [f] : []));
  const measured = {
    decisions: pairs.count,
    signalIndex: Number.isNaN(signalIndex) ? 'none' : signalIndex,
    populationIndexMost: Math.max(...indices),
    featuresMoved: moved.length,
  };
  if (!(signalIndex >= thresholds.signalIndexMin)) {
    const said = Number.isNaN(signalIndex)
      ? 'cannot be told, the forecasts are all the same'
      : `is ${signalIndex.toFixed(2)}`;
    return failed(
      `the signal index ${said} on an unseen hour, at least ${thresholds.signalIndexMin} is needed`,
      measured,
    );
  }
  if (moved.length > thresholds.featuresMovedMax) {
    const worst = [...moved].sort((a, b) => (indices[b] as number) - (indices[a] as number)).slice(0, 3);
    const named = worst.map((f) => `${manifest.featureNames[f]} ${(indices[f] as number).toFixed(2)}`).join(', ');
    return failed(
      `${moved.length} features have left the policy's deciles, at most ${thresholds.featuresMovedMax} may: ${named}`,
      measured,
    );
  }
  const because = `signal index ${signalIndex.toFixed(2)} over ${pairs.count} decisions, ${moved.length} of ${counts.length} features have moved`;
  return { status: 'passed', because, measured, thresholds };
}
