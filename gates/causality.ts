import { record } from '../policies/evaluation/recording.ts';
import type { Slice } from '../policies/evaluation/slice.ts';
import { type AnyFeature, findLookAhead, loadFeatures } from '../runtime/features/causality.ts';
import { features } from '../runtime/features/index.ts';
import { FeatureRows } from '../runtime/features/rows.ts';
import { InstrumentTable } from '../runtime/instrument.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import { Random } from '../runtime/random.ts';
import type { Candidate, Gate, GateContext, Verdict } from './gate.ts';
import { gateSlice } from './gate-slice.ts';
import { recordMarket } from './market-recording.ts';
import { chunkOf, firstDifference, ModelRuns, relativeDifference, scaled } from './model-runs.ts';
import { thresholds as allThresholds } from './thresholds.ts';

const thresholds = allThresholds.causality;

/** Event time recorded: some thousand events and some hundred decisions of the simulated symbols. */
const SLICE_SECONDS = 180;
/** Most events a symbol, most rows of the model: what the check costs grows with them, what it finds does not. */
const EVENTS_MOST = 1500;
const ROWS_MOST = 512;

type Findings = Omit<Verdict, 'gate' | 'seconds'>;

export const causality: Gate = {
  name: 'causality',
  proves: 'no feature and no forecast depends on anything later than its own time',
  async run(candidate, context) {
    const measured: Record<string, number | string> = {};
    const verdict = (status: Findings['status'], because: string): Findings => ({
      status,
      because,
      measured,
      thresholds,
    });
    const slice = gateSlice(context, 'causality', SLICE_SECONDS);
    const problem =
      (await featureProblem(candidate, context, slice, measured)) ?? modelProblem(candidate, context, slice, measured);
    if (problem !== undefined) return verdict('failed', problem);
    const { features: count, symbols, cuts } = measured;
    return verdict(
      'passed',
      `${count} features on ${symbols} symbols and the model's forecasts stayed the same bits when all that followed ${cuts} instants was changed`,
    );
  },
};

async function featureProblem(
  { manifest }: Candidate,
  { config, features: folder, progress }: GateContext,
  slice: Slice,
  measured: Record<string, number | string>,
): Promise<string | undefined> {
  if (manifest.featureDigest !== FeatureRows.digest) {
    return `the policy was trained on other features (${manifest.featureDigest}) than this product computes (${FeatureRows.digest})`;
  }
  const judged: AnyFeature[] = [...features, ...(folder === undefined ? [] : await loadFeatures(folder))];
  const instruments = new InstrumentTable(config.instruments);
  const recorded = recordMarket(slice, instruments, config.marketDepthLevels);
  measured['features'] = judged.length;
  measured['symbols'] = recorded.length;
  measured['events'] = 0;
  for (const [i, { symbol, events }] of recorded.entries()) {
    if (events.length < thresholds.eventsMin) {
      throw new Error(
        `causality: ${symbol} has too few events (${events.length}), at least ${thresholds.eventsMin} are needed`,
      );
    }
    const some = events.slice(0, EVENTS_MOST);
    measured['events'] += some.length;
    const found = findLookAhead(judged, some, thresholds.cutsMin);
    progress((0.8 * (i + 1)) / recorded.length, symbol);
    if (found === undefined) continue;
    return (
      `feature "${found.feature}" looks ahead: on ${symbol} its value at event ${found.eventIndex} went from ${found.before} to ` +
      `${found.after} when only events after ${found.unchangedUpTo} were changed`
    );
  }
  return undefined;
}

function modelProblem(
  candidate: Candidate,
  { config, limits, seed, progress }: GateContext,
  slice: Slice,
  measured: Record<string, number | string>,
): string | undefined {
  const policy = loadPolicy(candidate.directory);
  const { model, scaler } = policy.manifest;
  const raw = record(slice, config, limits, model.horizons).flatMap(({ rows }) => [...rows]);
  const rows = scaled(Float32Array.from(raw.slice(0, ROWS_MOST * model.features)), scaler);
  const length = rows.length / model.features;
  if (length < thresholds.rowsMin) {
    throw new Error(
      `causality: the slice has too few decisions (${length}), at least ${thresholds.rowsMin} are needed`,
    );
  }
  measured['rows'] = length;
  const runs = new ModelRuns(policy);
  try {
    return forecastProblem(runs, rows, cutsOf(length, chunkOf(model), seed), seed, measured);
  } finally {
    runs.dispose();
    progress(1);
  }
}

function forecastProblem(
  runs: ModelRuns,
  rows: Float32Array,
  cuts: readonly number[],
  seed: number,
  measured: Record<string, number | string>,
): string | undefined {
  const original = runs.sequence(rows, 1);
  if (firstDifference(original, runs.sequence(rows, 1)) >= 0) {
    return 'sequence.onnx gives other forecasts of the same rows when it is run again: what it depends on cannot be told';
  }
  measured['cuts'] = cuts.length;
  for (const cut of cuts) {
    for (const future of futures(rows, cut * runs.features, seed)) {
      const kept = cut * runs.width;
      const changed = runs.sequence(future, 1).subarray(0, kept);
      const at = firstDifference(original.subarray(0, kept), changed);
      if (at < 0) continue;
      return (
        `sequence.onnx looks ahead: its forecast of row ${Math.floor(at / runs.width)} went from ${original[at]} to ${changed[at]} ` +
        `when only rows from ${cut} on were changed`
      );
    }
  }
  const apart = relativeDifference(original, runs.step(rows, 1), runs.width);
  measured['stepDifference'] = apart;
  if (apart <= thresholds.stepDifferenceMax) return undefined;
  return (
    `sequence.onnx does not say what step.onnx says, which sees no later row: they differ by ${apart.toPrecision(3)} of the ` +
    `forecast's size, at most ${thresholds.stepDifferenceMax} is allowed`
  );
}

/** The first row that is changed, by instant: beside each bound of a chunk, inside it, and at random. */
function cutsOf(length: number, chunk: number, seed: number): number[] {
  const random = Random.of(seed, 'causality', 'cuts');
  const near = [chunk, length - chunk].flatMap((bound) => [bound - 1, bound, bound + 1, bound + (chunk >> 1)]);
  const drawn = Array.from({ length: thresholds.cutsMin }, () => 1 + random.integer(length - 1));
  const inside = [1, length - 1, ...near, ...drawn].filter((cut) => cut >= 1 && cut < length);
  return [...new Set(inside)].sort((a, b) => a - b);
}

/** The same rows up to `from`, an element, and then: their opposites, noise, nothing. */
function futures(rows: Float32Array, from: number, seed: number): Float32Array[] {
  const random = Random.of(seed, 'causality', 'future', from);
  const after = (value: (was: number) => number) => rows.map((was, i) => (i < from ? was : value(was)));
  return [after((was) => -was), after(() => random.gaussian()), after(() => 0)];
}
