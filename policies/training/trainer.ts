/**
 * Trains a model: gradient steps on random windows, deterministic by seed, resumable from a checkpoint.
 *
 * Same config, rows, seed, steps and rates give the same weights, bit for bit, whatever the number of threads and
 * however often the run was killed and resumed.
 */
import { assert } from '../../runtime/assert.ts';
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';
import { type ModelConfig, modelConfig, type Provider } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { type AdamwSettings, adamwRates } from '../graph/adamw.ts';
import type { Kind } from '../model/mixing.ts';
import { assertFits, initialWeights, type Weights } from '../model/parameters.ts';
import { Batches } from './batches.ts';
import { bytesOf, type RunIdentity, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { divergence, rateAfter, rememberSound, rollBack } from './divergence.ts';
import type { LossKind } from './loss.ts';
import { assertRows, type Rows } from './rows.ts';
import { learningRateAt } from './schedule.ts';
import type { Rollback, TrainingState } from './state.ts';
import type { BatchShape } from './step-graph.ts';
import { createStepper } from './stepper.ts';
import { Validation, type ValidationOptions } from './validation.ts';

export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  /** Mean over the latest steps, nats a label. */
  readonly loss: number;
  readonly rowsPerSecond: number;
  readonly etaSeconds: number;
}

export interface TrainingOptions {
  readonly config: ModelConfig;
  readonly data: Rows;
  readonly seed: number;
  readonly steps: number;
  /** At its peak, after warm-up. */
  readonly learningRate: number;
  /** Weights to go on from. Default: untrained ones from the seed. */
  readonly initial?: Weights;
  /** Windows in a batch, default 8, and rows in a window, default 128: a multiple of the config's chunk. */
  readonly shape?: BatchShape;
  /** Default 1: evolution runs one training a core. */
  readonly threads?: number;
  /** Where to save the run, and to go on from where it was saved. */
  readonly checkpointPath?: string;
  /** Steps between two checkpoints. Default 100. */
  readonly checkpointEverySteps?: number;
  /** @default 'gaussian' */
  readonly loss?: LossKind;
  /** Where steps are computed; falls back to the CPU and tells why. Other providers give other bits. @default 'cpu' */
  readonly provider?: Provider;
  readonly onFallback?: (reason: string) => void;
  /** The block, where it is not the config's own: for comparing blocks. Not with a checkpoint or a validation, which would not know it. */
  readonly kind?: Kind;
  /** Rows held back: the run ends when they have long got no better, and gives the weights that did best on them. */
  readonly validation?: ValidationOptions;
  /** Stops between two steps, after a checkpoint; `train` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface Trained {
  readonly weights: Weights;
  /** Mean over the last steps, nats a label; null after no step. */
  readonly loss: number | null;
  /** Updates made: fewer than asked for when the run ended early. */
  readonly steps: number;
  /** Loss before each update. */
  readonly losses: Float32Array;
  /** What was held back: the loss at each look, and where it was least. Undefined where nothing was. */
  readonly validation:
    | { readonly losses: readonly number[]; readonly bestStep: number; readonly bestLoss: number }
    | undefined;
  /** Times the run went back because it had diverged. */
  readonly rollbacks: readonly Rollback[];
}

export const ADAMW: AdamwSettings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 };
const DEFAULT_SHAPE: BatchShape = { batch: 8, length: 128 };
/** Steps that a reported loss is the mean of. */
const LOSS_WINDOW = 32;
/** The event loop gets a turn, and progress is told, at least this often. */
const TURN_NS = 50e6;

/**
 * A run that diverges is rolled back and goes on at half the rate, a bounded number of times.
 *
 * @throws when rows, weights or checkpoint do not fit, and when a run goes on diverging.
 */
export async function train(options: TrainingOptions): Promise<Trained> {
  const { data, seed, steps, learningRate, signal, checkpointPath } = options;
  // Parsing puts the fields in one order: configs that say the same are the same text.
  const config = modelConfig.parse(options.config);
  const shape = options.shape ?? DEFAULT_SHAPE;
  assertOptions(options);
  assertRows(data);
  if (options.validation !== undefined) assertRows(options.validation.data);
  assertShape(config, data, shape);
  const initial = options.initial ?? initialWeights(config, seed);
  assertFits(initial);
  if (JSON.stringify(modelConfig.parse(initial.config)) !== JSON.stringify(config)) {
    throw new RangeError('training: the initial weights are of another model config');
  }
  signal?.throwIfAborted();
  const run = runIdentity({ ...options, config }, shape, initial);
  const saved = checkpointPath === undefined ? undefined : readCheckpoint(checkpointPath, run);
  const state = saved ?? freshState(initial, steps);
  const save = () => {
    if (checkpointPath !== undefined) writeCheckpoint(checkpointPath, run, state);
  };

  const batches = new Batches(data, shape, seed);
  const { loss = 'gaussian', threads = 1, kind } = options;
  const alone = checkpointPath === undefined && options.validation === undefined;
  assert(kind === undefined || alone, 'neither a checkpoint nor a validation knows a block of another kind');
  const update = createStepper(
    {
      config,
      shape,
      settings: ADAMW,
      threads,
      loss,
      ...(kind === undefined ? {} : { kind }),
      ...(options.provider === undefined ? {} : { provider: options.provider }),
      ...(options.onFallback === undefined ? {} : { onFallback: options.onFallback }),
    },
    state,
    batches.batch,
  );
  const held = options.validation;
  const validation = held === undefined ? undefined : new Validation(held, config, shape, loss, seed);
  const everySteps = options.checkpointEverySteps ?? 100;
  const progress = progressMeter(state, steps, shape.batch * shape.length);
  const done = () => state.step >= steps || validation?.ended(state) === true;
  let turnNs = stopwatchNs();
  while (!done()) {
    batches.fill(state.step, state.rollbacks.length);
    const rate = rateAfter(state.rollbacks, learningRateAt(state.step, steps, learningRate));
    const result = update(adamwRates(rate, state.step + 1, ADAMW));
    const problem = divergence(result, state);
    if (problem === undefined) {
      rememberSound(state, result.loss);
      state.losses[state.step++] = result.loss;
      validation?.look(state);
      if (state.step % everySteps === 0 || done()) save();
    } else rollBack(state, steps, result, rate, problem);
    if (stopwatchNs() - turnNs < TURN_NS && !done()) continue;
    options.onProgress?.(progress());
    await sleepMs(0);
    turnNs = stopwatchNs();
    if (signal?.aborted && !done()) {
      save();
      throw signal.reason;
    }
  }
  validation?.dispose();
  const bad = state.theta.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`training: diverged (parameter ${bad} is ${state.theta[bad]}); all must be finite`);
  const { best } = state;
  return {
    weights: { config, values: best?.theta ?? state.theta },
    loss: state.step === 0 ? null : recentLoss(state),
    steps: state.step,
    losses: state.losses.subarray(0, state.step),
    validation:
      best === undefined ? undefined : { losses: state.validationLosses, bestStep: best.step, bestLoss: best.loss },
    rollbacks: state.rollbacks,
  };
}

/** A run before its first step. */
export function freshState(initial: Weights, steps: number): TrainingState {
  const n = initial.values.length;
  const blank = () => ({ theta: initial.values.slice(), m: new Float32Array(n), v: new Float32Array(n) });
  return {
    step: 0,
    ...blank(),
    losses: new Float32Array(steps),
    sound: { step: 0, loss: Number.POSITIVE_INFINITY, ...blank() },
    rollbacks: [],
    validationLosses: [],
    best: undefined,
  };
}

function runIdentity(
  { config, data, seed, steps, learningRate, loss = 'gaussian', validation, provider = 'cpu' }: TrainingOptions,
  shape: BatchShape,
  initial: Weights,
): RunIdentity {
  return {
    config: JSON.stringify(config),
    seed,
    steps,
    learningRate,
    batch: shape.batch,
    length: shape.length,
    optimiser: JSON.stringify(ADAMW),
    features: sha256Of(bytesOf(data.x)),
    labels: sha256Of(bytesOf(data.y)),
    segments: JSON.stringify(data.segments),
    initial: sha256Of(bytesOf(initial.values)),
    loss,
    provider,
    validation: validation === undefined ? 'none' : validationIdentity(validation),
  };
}

function validationIdentity({ data, everySteps, patience }: ValidationOptions): string {
  return sha256Of(JSON.stringify([sha256Of(bytesOf(data.x)), sha256Of(bytesOf(data.y)), everySteps, patience]));
}

function assertOptions({ steps, learningRate }: TrainingOptions): void {
  if (!Number.isInteger(steps) || steps < 0) {
    throw new RangeError(`training: ${steps} steps; a whole number from 0 is allowed`);
  }
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new RangeError(`training: a learning rate of ${learningRate}; a finite one above 0 is allowed`);
  }
}

function assertShape(config: ModelConfig, data: Rows, { batch, length }: BatchShape): void {
  if ('chunk' in config && length % config.chunk !== 0) {
    throw new RangeError(`training: windows of ${length} rows are no whole number of chunks of ${config.chunk}`);
  }
  if (!Number.isInteger(batch) || batch < 1 || length < 1) {
    throw new RangeError(`training: a batch of ${batch} windows of ${length} rows; at least 1 of 1 is allowed`);
  }
  if (data.features !== config.features || data.horizons !== config.horizons.length) {
    const has = `${data.features} features and ${data.horizons} horizons`;
    throw new RangeError(`training: the rows have ${has}, the model ${config.features} and ${config.horizons.length}`);
  }
}

function recentLoss({ losses, step }: TrainingState): number {
  const recent = losses.subarray(Math.max(0, step - LOSS_WINDOW), step);
  return recent.reduce((sum, loss) => sum + loss, 0) / recent.length;
}

/** Speed is that of this process, not of what was done before a resume. */
function progressMeter(state: TrainingState, steps: number, rowsPerStep: number): () => TrainingProgress {
  const resumedAt = state.step;
  const startedNs = stopwatchNs();
  return () => {
    const secondsPerStep = (stopwatchNs() - startedNs) / 1e9 / (state.step - resumedAt);
    return {
      step: state.step,
      steps,
      loss: recentLoss(state),
      rowsPerSecond: rowsPerStep / secondsPerStep,
      etaSeconds: secondsPerStep * (steps - state.step),
    };
  };
}
