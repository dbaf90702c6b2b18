import { kindOf } from '../policies/model/kinds.ts';
import type { Kind } from '../policies/model/mixing.ts';
import { baselineOf, type Recipe, type Score, trainAndTest } from '../policies/training/compare.ts';
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
  readonly steps: number;
  readonly natsOverLstmMax: number;
  /** Asked only of blocks whose state can turn. */
  readonly turning?: true;
}

/** As small as the LSTM learns these series at, with a memory of its own length for each of four heads. */
const FOUR_HEADS = { dModel: 16, heads: 4, headDim: 4, stateDim: 16, layers: 1, chunk: 32 };

/**
 * First what tells sound blocks from broken ones: telling interleaved streams apart takes the query of the very row that is
 * asked, for with so few values a head the gate alone cannot choose; inferring a regime takes memory, products and the gate;
 * counting whether trades are even takes a state that turns. Then what an LSTM is good at.
 */
const CONTESTS: readonly Contest[] = [
  {
    name: 'interleaved',
    task: SERIES.interleaved,
    sizes: { dModel: 16, heads: 2, headDim: 8, stateDim: 16, layers: 1, chunk: 32 },
    ...held.interleaved,
  },
  { name: 'regimes', task: SERIES.regimes, sizes: {}, ...held.regimes },
  { name: 'parity', task: SERIES.parity, sizes: FOUR_HEADS, turning: true, ...held.parity },
  { name: 'autoregressive', task: SERIES.autoregressive, sizes: FOUR_HEADS, ...held.autoregressive },
  { name: 'longMemory', task: SERIES.longMemory, sizes: FOUR_HEADS, ...held.longMemory },
];

export const ssdVsLstm: Gate = ssdVsLstmOf((config) => kindOf(config));

/** The gate over blocks as `kind` makes them: the product's own, or, in a test, broken ones. */
export function ssdVsLstmOf(kind: (config: ModelConfig) => Kind): Gate {
  return {
    name: 'ssd-vs-lstm',
    proves:
      "the candidate's kind of block, trained afresh, tells interleaved streams apart as an LSTM of its size cannot, and is no worse at regimes, autoregression, long memory and, where its state turns, parity",
    run: (candidate, context) => compare(candidate, context, kind),
  };
}

async function compare(
  { manifest }: Candidate,
  { seed, progress, signal }: GateContext,
  kind: (config: ModelConfig) => Kind,
): Promise<Omit<Verdict, 'gate' | 'seconds'>> {
  const { model } = manifest;
  if (model.kind !== 'ssd' && model.kind !== 'mamba3') {
    throw new Error(`a model of kind ${model.kind} has no state-space block to compare`);
  }
  const measured: Record<string, number> = {};
  const thresholds: Record<string, number> = { seeds: held.seeds };
  const worse: string[] = [];
  const told: string[] = [];
  let done = 0;
  const contests = CONTESTS.filter(({ turning }) => turning !== true || model.kind === 'mamba3');
  for (const { name, task, sizes, steps, natsOverLstmMax } of contests) {
    const gaps: number[] = [];
    for (let i = 0; i < held.seeds; i++) {
      gaps.push(await gapOf(task(seed + i), sized(model, sizes), seed + i, kind, steps));
      signal.throwIfAborted();
      progress(++done / (contests.length * held.seeds), `${name}: seed ${i + 1} of ${held.seeds}`);
    }
    thresholds[`${name}NatsOverLstmMax`] = natsOverLstmMax;
    if (gaps.includes(RAN_AWAY)) {
      worse.push(`${name}: training ran away`);
      break;
    }
    const { mean, low } = lowerEnd(gaps);
    measured[`${name}NatsOverLstm`] = mean;
    measured[`${name}NatsOverLstmLow`] = low;
    const says = `${name} ${mean.toFixed(3)}, at least ${low.toFixed(3)} (at most ${natsOverLstmMax})`;
    told.push(says);
    if (low <= natsOverLstmMax) continue;
    // One is enough: what the other series would say changes nothing.
    worse.push(says);
    break;
  }
  const claim = `nats a label over an LSTM of as many parameters, ${held.seeds} seeds`;
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
  const recipe = { steps, learningRate: held.learningRate, shape: { batch: 4, length }, ...task.recipe };
  const ours = await natsOrNone(
    trainAndTest(config, task.training, task.test, seed, { ...recipe, kind: kind(config) }),
  );
  return ours - (await lstmNats(task, baselineOf('lstm', config), seed, recipe));
}

/** What is compared with, by all it depends on: it is trained once, however many blocks are held against it. */
const known = new Map<string, number>();

async function lstmNats(task: Task, config: ModelConfig, seed: number, recipe: Recipe): Promise<number> {
  const key = JSON.stringify([task.name, config, seed, recipe]);
  const nats = known.get(key) ?? (await trainAndTest(config, task.training, task.test, seed, recipe)).nats;
  known.set(key, nats);
  return nats;
}

/** What a block is that cannot be trained: worse than any, and no figure that an interval could be made of. */
const RAN_AWAY = Number.POSITIVE_INFINITY;

async function natsOrNone(run: Promise<Score>): Promise<number> {
  try {
    const { nats } = await run;
    return Number.isFinite(nats) ? nats : RAN_AWAY;
  } catch (error) {
    if (error instanceof DivergenceError) return RAN_AWAY;
    throw error;
  }
}

/** Student's t at 95 % one-sided, by degrees of freedom from 1 on. */
const STUDENT = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833];

function lowerEnd(values: readonly number[]): { readonly mean: number; readonly low: number } {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, low: mean - (STUDENT[n - 2] as number) * Math.sqrt(variance / n) };
}
