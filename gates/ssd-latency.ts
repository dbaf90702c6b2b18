import { emptyStepModel } from '../policies/training/bench.ts';
import { sleepMs, stopwatchNs } from '../runtime/clock.ts';
import { Engine, type Feeds, type Fetches, tensor } from '../runtime/inference/engine.ts';
import { checkModel, type ModelPorts, zeroStates } from '../runtime/inference/model-contract.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import type { Candidate, Gate, GateContext, Verdict } from './gate.ts';
import { thresholds as all } from './thresholds.ts';

const held = all.ssdLatency;

export const ssdLatency: Gate = {
  name: 'ssd-latency',
  proves:
    'a step of the model costs little more than the call itself, alone, for many symbols, and when it comes rarely',
  async run(candidate, context) {
    return verdictOf(await measure(candidate, context));
  },
};

export interface Latency {
  readonly stepNs: number;
  readonly emptyNs: number;
  readonly stepOf64Ns: number;
  readonly emptyOf64Ns: number;
  /** One step each millisecond. */
  readonly pacedP50Ns: number;
  readonly pacedP99Ns: number;
}

/**
 * Steps and empty steps by turns. What else the machine does hits one round or another and what the model costs hits all:
 * the least of the rounds' medians counts.
 */
async function measure({ directory }: Candidate, { progress, signal }: GateContext): Promise<Latency> {
  const { manifest, models } = loadPolicy(directory);
  const { features, horizons } = manifest.model;
  const step = new Engine(models.step);
  const contract = { subject: `${directory}/step.onnx`, features, horizons: horizons.length, leadingAxes: 1 } as const;
  const ports = checkModel(step, contract);
  const empty = new Engine(emptyStepModel(features, ports.states));
  try {
    const runs = (engine: Engine, streams: number, forecast: readonly number[]) =>
      stepper(engine, ports, streams, features, forecast);
    const one = { step: runs(step, 1, [1, horizons.length, 2]), empty: runs(empty, 1, [1, 1]) };
    const many = { step: runs(step, 64, [64, horizons.length, 2]), empty: runs(empty, 64, [64, 1]) };
    const least = { step: Infinity, empty: Infinity, stepOf64: Infinity, emptyOf64: Infinity };
    for (let round = 0; round < held.rounds; round++) {
      least.step = Math.min(least.step, median(one.step, held.stepsARound));
      least.empty = Math.min(least.empty, median(one.empty, held.stepsARound));
      least.stepOf64 = Math.min(least.stepOf64, median(many.step, held.stepsOf64ARound));
      least.emptyOf64 = Math.min(least.emptyOf64, median(many.empty, held.stepsOf64ARound));
      await sleepMs(0);
      signal.throwIfAborted();
    }
    progress(0.5);
    const paced = await pacedSteps(one.step, signal);
    return {
      stepNs: least.step,
      emptyNs: least.empty,
      stepOf64Ns: least.stepOf64,
      emptyOf64Ns: least.emptyOf64,
      ...paced,
    };
  } finally {
    step.dispose();
    empty.dispose();
  }
}

export function verdictOf(latency: Latency): Omit<Verdict, 'gate' | 'seconds'> {
  const { stepNs, emptyNs, stepOf64Ns, emptyOf64Ns, pacedP50Ns, pacedP99Ns } = latency;
  const ratio = stepNs / emptyNs;
  const ratioOf64 = stepOf64Ns / emptyOf64Ns;
  const spread = pacedP99Ns / pacedP50Ns;
  const claims = [
    { holds: ratio <= held.ratioMax, says: `a step is ${times(ratio)} an empty graph's (at most ${held.ratioMax})` },
    {
      holds: ratioOf64 <= held.ratioOf64Max,
      says: `64 symbols in one ${times(ratioOf64)} (at most ${held.ratioOf64Max})`,
    },
    { holds: spread <= held.spreadMax, says: `p99 is ${times(spread)} p50 when paced (at most ${held.spreadMax})` },
  ];
  const broken = claims.filter(({ holds }) => !holds);
  return {
    status: broken.length === 0 ? 'passed' : 'failed',
    because:
      broken.length === 0
        ? claims.map(({ says }) => says).join('; ')
        : `too slow: ${broken.map(({ says }) => says).join('; ')}`,
    measured: { ...latency, ratio, ratioOf64, spread },
    thresholds: { ratioMax: held.ratioMax, ratioOf64Max: held.ratioOf64Max, spreadMax: held.spreadMax },
  };
}

/** A call of one step, reading one set of states and writing the other by turns, as the runtime does. */
function stepper(
  engine: Engine,
  ports: ModelPorts,
  streams: number,
  features: number,
  forecast: readonly number[],
): () => void {
  const row = tensor(new Float32Array(streams * features).fill(0.5), [streams, features]);
  const out = tensor(new Float32Array(forecast.reduce((a, b) => a * b)), forecast);
  const [a, b] = [zeroStates(ports, streams), zeroStates(ports, streams)];
  const named = (prefix: string, states: typeof a) =>
    Object.fromEntries(states.map((state, i) => [`${prefix}${i}`, state]));
  const turn = (from: typeof a, to: typeof a): [Feeds, Fetches] => [
    { features: row, ...named('state_', from) },
    { forecast: out, ...named('next_state_', to) },
  ];
  const turns = [turn(a, b), turn(b, a)] as const;
  let side = 0;
  return () => {
    const [feeds, fetches] = turns[side] as [Feeds, Fetches];
    engine.run(feeds, fetches);
    side ^= 1;
  };
}

function median(call: () => void, count: number): number {
  return quantile(
    Float64Array.from({ length: count }, () => timed(call)),
    0.5,
  );
}

/** p50 and p99 of steps that come one a millisecond: of several rounds the one with the least p99. */
async function pacedSteps(call: () => void, signal: AbortSignal) {
  let best = { pacedP50Ns: Infinity, pacedP99Ns: Infinity };
  for (let round = 0; round < held.pacedRounds; round++) {
    const took = new Float64Array(held.pacedSteps);
    for (let i = 0; i < took.length; i++) {
      took[i] = timed(call);
      await sleepMs(1);
    }
    signal.throwIfAborted();
    const found = { pacedP50Ns: quantile(took, 0.5), pacedP99Ns: quantile(took, 0.99) };
    if (found.pacedP99Ns < best.pacedP99Ns) best = found;
  }
  return best;
}

function timed(call: () => void): number {
  const beganNs = stopwatchNs();
  call();
  return stopwatchNs() - beganNs;
}

function quantile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} times`;
}
