/** What a worker thread does: one function a task, arguments and results plain data. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Limits, Provider, RuntimeConfig } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import type { TrainedWeights } from '../evolution/evolve.ts';
import type { Genome } from '../evolution/genome.ts';
import { lossCurveSvg, thinned } from '../training/curve.ts';
import type { Rows } from '../training/rows.ts';
import { train as trainModel } from '../training/trainer.ts';
import { evaluateSlice, type SliceOutcome } from './evaluate.ts';
import { record as recordSlice, type SymbolSeries } from './recording.ts';
import type { Slice } from './slice.ts';
import { readWeights, type Strategy } from './strategy.ts';

/** As many as a curve of a finger's width in the page can show. */
const CURVE_POINTS = 40;

export interface RecordTask {
  readonly slice: Slice;
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  readonly horizons: readonly number[];
}

export function record({ slice, config, limits, horizons }: RecordTask): SymbolSeries[] {
  return recordSlice(slice, config, limits, horizons);
}

export interface TrainTask {
  readonly genome: Genome;
  readonly data: Rows;
  readonly inheritedPath: string | undefined;
  /** Folder for weights and checkpoints; files there are named by digest. */
  readonly directory: string;
  /** Names the checkpoint of a training that may be interrupted. */
  readonly key: string;
  readonly provider: Provider;
}

export async function train(task: TrainTask): Promise<TrainedWeights> {
  const { genome, data, inheritedPath, directory, key, provider } = task;
  mkdirSync(directory, { recursive: true });
  const { model, training } = genome;
  const { weights, loss, losses } = await trainModel({
    config: model,
    data,
    seed: training.seed,
    steps: training.steps,
    learningRate: training.learningRate,
    checkpointPath: path.join(directory, `${key}.checkpoint`),
    provider,
    onFallback: (reason) => process.emitWarning(reason),
    ...(inheritedPath === undefined ? {} : { initial: { config: model, values: readWeights(inheritedPath) } }),
  });
  writeFileSync(path.join(directory, `${key}.svg`), lossCurveSvg('Loss, nats a label', [{ name: 'training', losses }]));
  const bytes = new Uint8Array(weights.values.buffer, weights.values.byteOffset, weights.values.byteLength);
  const digest = sha256Of(bytes);
  const file = path.join(directory, `${digest.slice(7, 31)}.f32`);
  writeFileSync(`${file}.new`, bytes);
  renameSync(`${file}.new`, file);
  return { path: file, digest, loss, curve: thinned(losses, CURVE_POINTS) };
}

export interface EvaluateTask {
  readonly strategy: Strategy;
  readonly slice: Slice;
  readonly config: RuntimeConfig;
  readonly limits: Limits;
}

export function evaluate({ strategy, slice, config, limits }: EvaluateTask): SliceOutcome {
  return evaluateSlice(strategy, slice, config, limits);
}
