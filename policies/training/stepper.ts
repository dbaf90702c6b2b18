/** Runs training steps: one engine a model shape, built once and kept. */
import type { ModelConfig, Provider } from '../../runtime/contract.ts';
import { Engine, tensor } from '../../runtime/inference/engine.ts';
import type { AdamwSettings } from '../graph/adamw.ts';
import type { Kind } from '../model/mixing.ts';
import type { Batch } from './batches.ts';
import type { LossKind } from './loss.ts';
import type { TrainingState } from './state.ts';
import { type BatchShape, trainingStepModel } from './step-graph.ts';

export interface StepResult {
  /** Before the update, nats a label. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
}

/** Applies one update to the state, whose arrays change places; where loss or gradient is not finite, it stays as it was. */
export type Stepper = (rates: readonly number[]) => StepResult;

export interface StepperOptions {
  readonly config: ModelConfig;
  readonly shape: BatchShape;
  readonly settings: AdamwSettings;
  readonly threads: number;
  /** @default 'gaussian' */
  readonly loss?: LossKind;
  /** Where steps are computed; what is told when it cannot be there goes to `onFallback`. @default 'cpu' */
  readonly provider?: Provider;
  readonly onFallback?: (reason: string) => void;
  /** The block, where it is not the config's own. Its engine is not kept. */
  readonly kind?: Kind;
}

/** Evolution changes shapes: engines beyond these are dropped, oldest first, and built again when they are needed. */
const ENGINES_KEPT = 16;
const engines = new Map<string, Engine>();

/** @param batch arrays that hold the batch whenever the stepper is called */
export function createStepper(options: StepperOptions, state: TrainingState, batch: Batch): Stepper {
  const { config, shape } = options;
  const engine = engineFor(options);
  const size = state.theta.length;
  const flat = [size];
  const own = { theta: state.theta, m: state.m, v: state.v };
  const other = { theta: new Float32Array(size), m: new Float32Array(size), v: new Float32Array(size) };
  const rates = new Float32Array(3);
  const loss = new Float32Array(1);
  const gradientNorm = new Float32Array(1);
  const cells = [shape.batch, shape.length];
  const perLabel = [...cells, config.horizons.length];
  const given = {
    rates: tensor(rates, [3]),
    features: tensor(batch.features, [...cells, config.features]),
    labels: tensor(batch.labels, perLabel),
    weights: tensor(batch.weights, perLabel),
  };
  const told = { loss: tensor(loss, [1]), gradient_norm: tensor(gradientNorm, [1]) };
  const turn = (from: typeof own, to: typeof own) => ({
    feeds: { ...given, theta: tensor(from.theta, flat), m: tensor(from.m, flat), v: tensor(from.v, flat) },
    fetches: {
      ...told,
      next_theta: tensor(to.theta, flat),
      next_m: tensor(to.m, flat),
      next_v: tensor(to.v, flat),
    },
    to,
  });
  // What an update writes the next one reads: nothing is copied, and an update that is no good is written over.
  const turns = [turn(own, other), turn(other, own)] as const;
  let side = 0;
  return (values) => {
    const { feeds, fetches, to } = turns[side] as (typeof turns)[number];
    rates.set(values);
    engine.run(feeds, fetches);
    const result = { loss: loss[0] as number, gradientNorm: gradientNorm[0] as number };
    if (Number.isFinite(result.loss) && Number.isFinite(result.gradientNorm)) {
      Object.assign(state, to);
      side ^= 1;
    }
    return result;
  };
}

function engineFor(options: StepperOptions): Engine {
  const { config, shape, settings, threads, loss = 'gaussian', kind, provider = 'cpu', onFallback } = options;
  const how = { threads, spinning: threads > 1, provider, ...(onFallback === undefined ? {} : { onFallback }) };
  if (kind !== undefined) return new Engine(trainingStepModel(config, shape, settings, loss, kind), how);
  const key = JSON.stringify([config, shape, settings, threads, loss, provider]);
  const known = engines.get(key);
  if (known !== undefined) return known;
  const engine = new Engine(trainingStepModel(config, shape, settings, loss), how);
  engines.set(key, engine);
  const [oldest] = engines.keys();
  if (engines.size > ENGINES_KEPT && oldest !== undefined) engines.delete(oldest);
  return engine;
}
