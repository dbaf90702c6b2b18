import { kindOf } from '../policies/model/kinds.ts';
import type { Kind } from '../policies/model/mixing.ts';
import { baselineOf, type Score, trainAndTest } from '../policies/training/compare.ts';
import { DivergenceError } from '../policies/training/divergence.ts';
import { SERIES } from '../policies/training/tasks/series.ts';
import type { Task } from '../policies/training/tasks/task.ts';
import type { Mamba3Model, ModelConfig, SsdModel } from '../runtime/contract.ts';
import type { Candidate, Gate, GateContext, Verdict } from './gate.ts';
import { thresholds as all } from './thresholds.ts';

const held = all.ssdVsLstm;

/** One series, the sizes at which it is learned where they are not the candidate's, and what the block is held to. */
interface Contest {
  readonly name: string;
  readonly task: (seed: number) => Task;
  readonly sizes: Partial<Omit<SsdModel, 'kind'>>;
  readonly natsOverLstmMax: number;
}

/**
 * The series that tell sound blocks from broken ones in minutes; `npm run bench -- model` reports others. Inferring a regime
 * takes memory, products and the gate. Telling interleaved streams apart takes the query of the very row that is asked, for
 * with so few values a head the gate alone cannot choose.
 */
const CONTESTS: readonly Contest[] = [
  {
    name: 'interleaved',
    task: SERIES.interleaved,
    sizes: { dModel: 16, heads: 2, headDim: 8, stateDim: 16, layers: 1, chunk: 32 },
    natsOverLstmMax: held.interleavedNatsOverLstmMax,
  },
  { name: 'regimes', task: SERIES.regimes, sizes: {}, natsOverLstmMax: held.regimesNatsOverLstmMax },
];

export const ssdVsLstm: Gate = ssdVsLstmOf((config) => kindOf(config));

/** How long is looked, and how often. */
type Effort = { readonly seeds: number; readonly steps: number };

/** The gate over blocks as `kind` makes them: the product's own, or, in a test, broken ones. */
export function ssdVsLstmOf(kind: (config: ModelConfig) => Kind, effort: Effort = held): Gate {
  return {
    name: 'ssd-vs-lstm',
    proves:
      "the candidate's kind of block, trained afresh, tells interleaved streams apart as an LSTM of its size cannot, and infers regimes no worse",
    run: (candidate, context) => compare(candidate, context, kind, effort),
  };
}

async function compare(
  { manifest }: Candidate,
  { seed, progress, signal }: GateContext,
  kind: (config: ModelConfig) => Kind,
  effort: Effort,
): Promise<Omit<Verdict, 'gate' | 'seconds'>> {
  const { model } = manifest;
  if (model.kind !== 'ssd' && model.kind !== 'mamba3') {
    throw new Error(`a model of kind ${model.kind} has no state-space block to compare`);
  }
  const measured: Record<string, number> = {};
  const thresholds: Record<string, number> = { seeds: effort.seeds };
  const worse: string[] = [];
  const told: string[] = [];
  let done = 0;
  for (const { name, task, sizes, natsOverLstmMax } of CONTESTS) {
    const gaps: number[] = [];
    for (let i = 0; i < effort.seeds; i++) {
      gaps.push(await gapOf(task(seed + i), sized(model, sizes), seed + i, kind, effort.steps));
      signal.throwIfAborted();
      progress(++done / (CONTESTS.length * effort.seeds), `${name}: seed ${i + 1} of ${effort.seeds}`);
    }
    const { mean, low } = lowerEnd(gaps);
    measured[`${name}NatsOverLstm`] = mean;
    measured[`${name}NatsOverLstmLow`] = low;
    thresholds[`${name}NatsOverLstmMax`] = natsOverLstmMax;
    const says = `${name} ${mean.toFixed(3)}, at least ${low.toFixed(3)} (at most ${natsOverLstmMax})`;
    told.push(says);
    if (low <= natsOverLstmMax) continue;
    // One is enough: what the other series would say changes nothing.
    worse.push(says);
    break;
  }
  const claim = `nats a label over an LSTM of as many parameters, ${effort.seeds} seeds`;
  return {
    status: worse.length === 0 ? 'passed' : 'failed',
    because: worse.length === 0 ? `${claim}: ${told.join('; ')}` : `worse than it has to be, in ${claim}: ${worse[0]}`,
    measured,
    thresholds,
  };
}

/** The candidate's block with a contest's sizes; no more pairs of its keys turn than there are. */
function sized(model: SsdModel | Mamba3Model, sizes: Contest['sizes']): SsdModel | Mamba3Model {
  if (model.kind === 'ssd') return { ...model, ...sizes };
  const { stateDim, angles } = { ...model, ...sizes };
  return { ...model, ...sizes, angles: Math.min(angles, Math.floor(stateDim / 2)) };
}

/** Nats a label of the block less those of the LSTM, on the same rows from the same seed. */
async function gapOf(
  task: Task,
  block: SsdModel | Mamba3Model,
  seed: number,
  kind: (config: ModelConfig) => Kind,
  steps: number,
): Promise<number> {
  const config = { ...block, features: task.training.features, horizons: [1] };
  const { chunk } = config;
  const length = Math.max(1, Math.round(256 / chunk)) * chunk;
  const recipe = { steps, learningRate: held.learningRate, shape: { batch: 4, length } };
  const ours = await natsOrNone(
    trainAndTest(config, task.training, task.test, seed, { ...recipe, kind: kind(config) }),
  );
  const lstm = await trainAndTest(baselineOf('lstm', config), task.training, task.test, seed, recipe);
  return ours - lstm.nats;
}

/** A block whose training runs away is worse than any. */
async function natsOrNone(run: Promise<Score>): Promise<number> {
  try {
    const { nats } = await run;
    return Number.isFinite(nats) ? Math.min(nats, NATS_MOST) : NATS_MOST;
  } catch (error) {
    if (error instanceof DivergenceError) return NATS_MOST;
    throw error;
  }
}

/** Worse than any forecast in its senses: a figure that an interval can be made of. */
const NATS_MOST = 10;

/** Student's t at 95 % one-sided, by degrees of freedom from 1 on. */
const STUDENT = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833];

function lowerEnd(values: readonly number[]): { readonly mean: number; readonly low: number } {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, low: mean - (STUDENT[n - 2] as number) * Math.sqrt(variance / n) };
}
