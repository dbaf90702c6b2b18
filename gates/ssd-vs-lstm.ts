import { kindOf } from '../policies/model/kinds.ts';
import type { Kind } from '../policies/model/mixing.ts';
import { baselineOf, type Score, trainAndTest } from '../policies/training/compare.ts';
import { DivergenceError } from '../policies/training/divergence.ts';
import { SERIES } from '../policies/training/tasks/series.ts';
import type { Task } from '../policies/training/tasks/task.ts';
import type { ModelConfig } from '../runtime/contract.ts';
import type { Candidate, Gate, GateContext, Verdict } from './gate.ts';
import { thresholds as all } from './thresholds.ts';

const held = all.ssdVsLstm;

/**
 * The series that tells sound blocks from broken ones in minutes: inferring a regime takes memory, products and the gate. On
 * others the spread over seeds hides as much; `npm run bench -- model` reports them all.
 */
const TASKS = { regimes: SERIES.regimes };

export const ssdVsLstm: Gate = ssdVsLstmOf((config) => kindOf(config));

/** How long is looked, and how often. */
type Effort = { readonly seeds: number; readonly steps: number };

/** The gate over blocks as `kind` makes them: the product's own, or, in a test, broken ones. */
export function ssdVsLstmOf(kind: (config: ModelConfig) => Kind, effort: Effort = held): Gate {
  return {
    name: 'ssd-vs-lstm',
    proves:
      "the candidate's kind of block, trained afresh, forecasts series of known structure no worse than an LSTM of its size",
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
  const worse: string[] = [];
  const told: string[] = [];
  const total = Object.keys(TASKS).length * effort.seeds;
  let done = 0;
  for (const [name, taskOf] of Object.entries(TASKS)) {
    const gaps: number[] = [];
    for (let i = 0; i < effort.seeds; i++) {
      const task = taskOf(seed + i);
      gaps.push(
        await gapOf(task, { ...model, features: task.training.features, horizons: [1] }, seed + i, kind, effort.steps),
      );
      signal.throwIfAborted();
      progress(++done / total, `${name}: seed ${i + 1} of ${effort.seeds}`);
    }
    const { mean, low } = lowerEnd(gaps);
    measured[`${name}NatsOverLstm`] = mean;
    measured[`${name}NatsOverLstmLow`] = low;
    told.push(`${name} ${mean.toFixed(3)}`);
    if (low <= held.natsOverLstmMax) continue;
    // One is enough: what the other series would say changes nothing.
    worse.push(`${name} by ${mean.toFixed(3)} nats (at least ${low.toFixed(3)})`);
    break;
  }
  const limit = `at most ${held.natsOverLstmMax} at the lower end of its interval over ${effort.seeds} seeds`;
  return {
    status: worse.length === 0 ? 'passed' : 'failed',
    because:
      worse.length === 0
        ? `nats a label over an LSTM of as many parameters: ${told.join(', ')} (${limit})`
        : `worse than an LSTM of as many parameters: ${worse.join(', ')}; ${limit}`,
    measured,
    thresholds: { natsOverLstmMax: held.natsOverLstmMax, seeds: effort.seeds },
  };
}

/** Nats a label of the block less those of the LSTM, on the same rows from the same seed. */
async function gapOf(
  task: Task,
  config: ModelConfig,
  seed: number,
  kind: (config: ModelConfig) => Kind,
  steps: number,
): Promise<number> {
  const chunk = 'chunk' in config ? config.chunk : 1;
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
