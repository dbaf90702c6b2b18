import { loadPolicy } from '../runtime/policy/load.ts';
import { Random } from '../runtime/random.ts';
import type { Candidate, Gate, Verdict } from './gate.ts';
import { chunkOf, type Forecasts, firstDifference, ModelRuns, relativeDifference } from './model-runs.ts';
import { thresholds as allThresholds } from './thresholds.ts';

const thresholds = allThresholds.ssdConsistency;

const STREAMS = 3;
/** Enough for a slow decay's error to show, and no multiple of a chunk. */
const ROWS = 1201;
/** Lengths of blocks, by turns: one row, within a chunk, odd, several chunks. */
const BLOCKS = [1, 7, 32, 95, 256];

type Findings = Omit<Verdict, 'gate' | 'seconds'>;
type Measured = Record<string, number>;

export const ssdConsistency: Gate = {
  name: 'ssd-consistency',
  proves:
    'whole sequences, blocks and single steps give one forecast, the same bits each time, and no stream sees another',
  async run(candidate, { seed, progress }) {
    const measured: Measured = {};
    const problem = findProblem(candidate, seed, measured, progress);
    if (problem !== undefined) return { status: 'failed', because: problem, measured, thresholds };
    const apart = Math.max(measured['sequenceVsSteps'] as number, measured['sequenceVsBlocks'] as number);
    const because =
      `sequence, blocks and steps differ by ${apart.toPrecision(2)} of the forecast's size over ${ROWS} rows, at most ` +
      `${thresholds.formDifferenceMax} is allowed; repeats are the same bits and streams do not mix`;
    return { status: 'passed', because, measured, thresholds } satisfies Findings;
  },
};

function findProblem(
  candidate: Candidate,
  seed: number,
  measured: Measured,
  progress: (share: number) => void,
): string | undefined {
  const policy = loadPolicy(candidate.directory);
  const { features } = policy.manifest.model;
  const chunk = chunkOf(policy.manifest.model);
  const { clip } = policy.manifest.scaler;
  const rows = invented(features, clip, Random.of('gate', 'ssd-consistency', seed));
  const foreign = invented(features, clip, Random.of('gate', 'ssd-consistency', seed, 'foreign'));
  const [runs, again] = [new ModelRuns(policy), new ModelRuns(policy)];
  try {
    const sequence = runs.sequence(rows, STREAMS);
    const step = runs.step(rows, STREAMS);
    progress(0.4);
    if (!sequence.every(Number.isFinite)) return 'sequence.onnx: a forecast of sound rows is not finite';
    if (!step.every(Number.isFinite)) return 'step.onnx: a forecast of sound rows is not finite';
    const repeated = repeats(rows, sequence, step, [runs, again], measured);
    progress(0.7);
    const leaking = repeated ?? leaks(rows, foreign, sequence, step, runs, measured);
    progress(0.9);
    if (leaking !== undefined) return leaking;
    const blocks = runs.sequence(rows, STREAMS, [...BLOCKS, chunk, chunk + 1]);
    measured['sequenceVsSteps'] = relativeDifference(step, sequence, runs.width);
    measured['sequenceVsBlocks'] = relativeDifference(blocks, sequence, runs.width);
    return (
      apart('step.onnx, row by row,', measured['sequenceVsSteps']) ??
      apart('sequence.onnx, block by block,', measured['sequenceVsBlocks'])
    );
  } finally {
    runs.dispose();
    again.dispose();
  }
}

function repeats(
  rows: Float32Array,
  sequence: Float32Array,
  step: Float32Array,
  runs: readonly ModelRuns[],
  measured: Measured,
): string | undefined {
  measured['repeatDifferences'] = 0;
  for (const run of runs) {
    for (const [file, first, second] of [
      ['sequence.onnx', sequence, run.sequence(rows, STREAMS)],
      ['step.onnx', step, run.step(rows, STREAMS)],
    ] as const) {
      const at = firstDifference(first, second);
      if (at < 0) continue;
      measured['repeatDifferences']++;
      return `${file} is not deterministic: the same rows gave ${first[at]} and then ${second[at]}`;
    }
  }
  return undefined;
}

/** Which stream must not notice the others: one with a neighbour on either side, for a leak may go one way. */
const WATCHED = 1;

/** Gives every other stream other rows. @param foreign as many, which have nothing to do with them */
function leaks(
  rows: Float32Array,
  foreign: Float32Array,
  sequence: Float32Array,
  step: Float32Array,
  runs: ModelRuns,
  measured: Measured,
): string | undefined {
  const own = WATCHED * ROWS * runs.features;
  const others = foreign.slice();
  others.set(rows.subarray(own, own + ROWS * runs.features), own);
  measured['leakDifferences'] = 0;
  for (const [file, before, after] of [
    ['sequence.onnx', sequence, runs.sequence(others, STREAMS)],
    ['step.onnx', step, runs.step(others, STREAMS)],
  ] as const) {
    const [was, is] = [before, after].map((of) => of.subarray(WATCHED * ROWS * runs.width)) as [Forecasts, Forecasts];
    const at = firstDifference(was.subarray(0, ROWS * runs.width), is.subarray(0, ROWS * runs.width));
    if (at < 0) continue;
    measured['leakDifferences']++;
    return `${file} mixes streams: row ${Math.floor(at / runs.width)} of one stream went from ${was[at]} to ${is[at]} when only the others were changed`;
  }
  return undefined;
}

function apart(form: string, difference: number): string | undefined {
  if (difference <= thresholds.formDifferenceMax) return undefined;
  return (
    `${form} differs from sequence.onnx over the whole series by ${difference.toPrecision(3)} of the forecast's size, ` +
    `at most ${thresholds.formDifferenceMax} is allowed`
  );
}

/** Rows of all streams as a market's scaled features are: each follows the one before, jumps now and then, and ends at the clip. */
function invented(width: number, clip: number, random: Random): Float32Array {
  const rows = new Float32Array(STREAMS * ROWS * width);
  for (let i = 0; i < rows.length; i++) {
    const before = i < width ? 0 : (rows[i - width] as number);
    const next = random.bernoulli(0.01) ? clip * (2 * random.float() - 1) * 2 : 0.9 * before + 0.43 * random.gaussian();
    rows[i] = Math.max(-clip, Math.min(clip, next));
  }
  return rows;
}
