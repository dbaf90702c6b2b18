/** What training and inference cost, at the size that evolution begins with. */
import { benchStep, benchStream, benchTraining, PEER_MODEL } from '../../policies/training/bench.ts';
import { benchPaced } from '../../policies/training/bench-pacing.ts';
import { type Figure, figure } from './figure.ts';
import { MODEL } from './trader.ts';

/** One step of the optimizer: forward, backward, update, on one thread. */
export function benchTrainingStep(repeats: number, steps = 150): Figure[] {
  const runs = Array.from({ length: repeats }, () => benchTraining(MODEL, undefined, 1, steps));
  return [
    figure(
      'trainingStepP50Ms',
      runs.map(({ stepMs }) => stepMs.p50),
    ),
    figure(
      'trainingStepP99Ms',
      runs.map(({ stepMs }) => stepMs.p99),
    ),
    figure(
      'trainedRowsPerSecond',
      runs.map(({ rowsPerSecond }) => rowsPerSecond),
    ),
  ];
}

/** One decision of the model, next to a graph with the same inputs and outputs that computes nothing. */
export function benchInference(repeats: number, steps = 4000): Figure[] {
  const runs = Array.from({ length: repeats }, () => benchStep(MODEL, steps));
  const emptyP50 = figure(
    'emptyGraphP50Us',
    runs.map(({ emptyStepUs }) => emptyStepUs.p50),
  );
  const emptyP99 = figure(
    'emptyGraphP99Us',
    runs.map(({ emptyStepUs }) => emptyStepUs.p99),
  );
  return [
    figure(
      'stepInferenceP50Us',
      runs.map(({ stepUs }) => stepUs.p50),
      emptyP50,
    ),
    figure(
      'stepInferenceP99Us',
      runs.map(({ stepUs }) => stepUs.p99),
      emptyP99,
    ),
    emptyP50,
    emptyP99,
    figure(
      'stepInferenceOf64StreamsP50Us',
      runs.map(({ streams64Us }) => streams64Us.p50),
    ),
    figure(
      'sequenceInferenceRowsPerSecond',
      runs.map(({ sequenceRowsPerSecond }) => sequenceRowsPerSecond),
    ),
  ];
}

/** A series of ten million rows, block by block: what a core makes of it, and that memory does not grow with it. */
export function benchStreaming(rows = 10_000_000, peerRows = 1_000_000): Figure[] {
  const ours = benchStream(MODEL, rows);
  const peer = benchStream(PEER_MODEL, peerRows);
  return [
    figure('streamedByOneCoreRowsPerSecond', [ours.rowsPerCoreSecond]),
    figure('streamedAtPeersShapeByOneCoreRowsPerSecond', [peer.rowsPerCoreSecond]),
    figure('streamedGrowthOverSecondHalfMiB', [ours.grownBytes / 2 ** 20]),
  ];
}

/** Decisions that come one a millisecond, alone and while a worker thread trains. */
export async function benchPacing(repeats: number, steps = 2000): Promise<Figure[]> {
  const runs: Awaited<ReturnType<typeof benchPaced>>[] = [];
  for (let i = 0; i < repeats; i++) runs.push(await benchPaced(MODEL, steps));
  return (['alone', 'besideTraining'] as const).flatMap((company) => {
    const name = `pacedStep${company === 'alone' ? '' : 'BesideTraining'}`;
    const p50 = figure(
      `${name}P50Us`,
      runs.map((run) => run[company].p50),
    );
    const p99 = runs.map((run) => run[company].p99);
    return [p50, figure(`${name}P99Us`, p99, p50)];
  });
}
