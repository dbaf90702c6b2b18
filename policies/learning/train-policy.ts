/**
 * One model trained on one market, without a search: forward through it first, fold by fold, which says what such a model is
 * worth on what it has not seen; then on all of it, as a policy's folder.
 *
 * Every training has a checkpoint in `workDirectory`: the same call after an interruption goes on where it was.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelConfig, PlannerParameters, RuntimeConfig } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { type Dataset, datasetOf } from '../evaluation/dataset.ts';
import { featureDigest, featureNames } from '../evaluation/recording.ts';
import { mean } from '../evaluation/significance.ts';
import { type WrittenPolicy, writePolicy } from '../model/policy-folder.ts';
import { score } from '../training/compare.ts';
import { lossCurveSvg } from '../training/curve.ts';
import type { LossKind } from '../training/loss.ts';
import { type Rows, rowCount } from '../training/rows.ts';
import { type Trained, type TrainingProgress, train } from '../training/trainer.ts';
import { folds, heldRows, type Stretch, whole } from './stretch.ts';

export interface PolicyTraining {
  readonly stretches: readonly Stretch[];
  readonly config: Pick<RuntimeConfig, 'decisionIntervalUs' | 'provider'>;
  readonly model: ModelConfig;
  readonly planner: PlannerParameters;
  readonly seed: number;
  /** At most; a training ends early when what is held back has long got no better. */
  readonly steps: number;
  readonly learningRate: number;
  readonly loss: LossKind;
  readonly threads: number;
  /** How many parts of the market are forecast by what was trained on those before; 0: none. */
  readonly folds: number;
  readonly name: string;
  readonly data: { readonly kind: 'simulated' | 'log'; readonly description: string };
  /** Commit of the product that trains. */
  readonly commit: string;
  /** The policy's folder, to be made, with its loss curve. */
  readonly directory: string;
  readonly workDirectory: string;
  readonly signal: AbortSignal;
  /** @param part which training: a fold's number from 1, or the policy's own */
  onProgress(part: number | 'policy', progress: TrainingProgress): void;
  onFold(fold: FoldScore): void;
}

/** Of rows that neither the model nor its scaler has seen. */
export interface FoldScore {
  readonly fold: number;
  readonly trainedRows: number;
  readonly testedRows: number;
  readonly steps: number;
  /** Nats a label. */
  readonly nats: number;
  /** The same of a forecast that is always the training labels' mean and deviation. */
  readonly constantNats: number;
  readonly r2: number;
  readonly rankCorrelation: number;
}

export interface TrainedPolicy {
  readonly policy: WrittenPolicy;
  readonly folds: readonly FoldScore[];
  readonly steps: number;
  readonly bestStep: number;
  /** Nats a label of what was held back, at that step. */
  readonly heldBackNats: number;
  readonly curve: string;
}

const LOOK_EVERY_STEPS = 50;
/** Looks. */
const PATIENCE = 6;
/** A training of few steps is looked at once, at its end. */
const lookEvery = (steps: number) => Math.min(LOOK_EVERY_STEPS, steps);

/** @throws RangeError when the market is too short for so many folds, or holds nothing to learn from */
export async function trainPolicy(training: PolicyTraining): Promise<TrainedPolicy> {
  const { stretches, config, model, planner, seed, steps, learningRate, directory } = training;
  const { horizons } = model;
  const cutting = { decisionIntervalUs: config.decisionIntervalUs, horizons };
  const scores: FoldScore[] = [];
  const parts = training.folds === 0 ? [] : folds(stretches, cutting, training.folds);
  for (const [i, part] of parts.entries()) {
    const data = datasetOf(part.training, featureNames.length, horizons);
    const [held, test] = [part.validation, part.test].map((each) => heldRows(each, data.scaler, cutting)) as [
      Rows,
      Rows,
    ];
    const trained = await one(training, i + 1, data, held);
    const { nats, r2, rankCorrelation } = score(trained.weights, test);
    const constantNats = natsOfConstant(data.rows, test);
    const rows = { trainedRows: rowCount(data.rows), testedRows: rowCount(test) };
    const fold = { fold: i + 1, ...rows, steps: trained.steps, nats, constantNats, r2, rankCorrelation };
    scores.push(fold);
    training.onFold(fold);
  }
  const all = whole(stretches, cutting);
  const data = datasetOf(all.training, featureNames.length, horizons);
  const {
    weights,
    losses,
    validation,
    steps: taken,
  } = await one(training, 'policy', data, heldRows(all.validation, data.scaler, cutting));
  const { losses: heldLosses, bestStep, bestLoss } = validation as NonNullable<Trained['validation']>;
  mkdirSync(directory, { recursive: true });
  const curve = path.join(directory, 'loss.svg');
  const heldCurve = { name: 'held back', losses: heldLosses, everySteps: lookEvery(training.steps) };
  writeFileSync(curve, lossCurveSvg('Loss, nats a label', [{ name: 'training', losses }, heldCurve]));
  const policy = writePolicy(
    directory,
    {
      name: training.name,
      featureNames: [...featureNames],
      featureDigest,
      decisionIntervalUs: config.decisionIntervalUs,
      scaler: data.scaler,
      planner,
      seed,
      parents: [],
      genome: sha256Of(
        JSON.stringify({ model, training: { steps, learningRate, seed, loss: training.loss }, planner }),
      ),
      data: { ...training.data, digest: data.digest },
      commit: training.commit,
      trials: 1,
      training: { steps: bestStep, loss: bestLoss },
      reference: {
        informationCoefficient: scores.length === 0 ? null : mean(scores.map(({ rankCorrelation }) => rankCorrelation)),
        pnlPerSliceUsd: null,
        ...(data.population && { features: data.population }),
      },
    },
    weights,
  );
  return { policy, folds: scores, steps: taken, bestStep, heldBackNats: bestLoss, curve };
}

function one(training: PolicyTraining, part: number | 'policy', data: Dataset, held: Rows): Promise<Trained> {
  const { config, model, seed, steps, learningRate, loss, threads, workDirectory, signal, onProgress } = training;
  return train({
    config: model,
    data: data.rows,
    seed,
    steps,
    learningRate,
    loss,
    threads,
    provider: config.provider,
    onFallback: (reason) => process.emitWarning(reason),
    validation: { data: held, everySteps: lookEvery(steps), patience: PATIENCE },
    checkpointPath: path.join(workDirectory, `${part}.checkpoint`),
    signal,
    onProgress: (progress) => onProgress(part, progress),
  });
}

/** Gaussian, by each horizon's mean and deviation in the training labels. */
function natsOfConstant(trained: Rows, test: Rows): number {
  const { horizons } = trained;
  const known = ({ y }: Rows, h: number) => y.filter((label, i) => i % horizons === h && !Number.isNaN(label));
  let [nats, count] = [0, 0];
  for (let h = 0; h < horizons; h++) {
    const labels = known(trained, h);
    const centre = labels.reduce((sum, label) => sum + label, 0) / labels.length;
    const square = labels.reduce((sum, label) => sum + (label - centre) ** 2, 0) / labels.length;
    for (const label of known(test, h)) {
      nats += 0.5 * (Math.log(2 * Math.PI * square) + (label - centre) ** 2 / square);
      count++;
    }
  }
  return nats / count;
}
