/** Measures how long decisions take under load; runs on a thread of its own, for nothing else may share it. */
import { openSlice, type Slice } from '../policies/evaluation/slice.ts';
import { traderOf } from '../policies/evaluation/strategy.ts';
import { Graph } from '../policies/graph/graph.ts';
import { mul } from '../policies/graph/ops.ts';
import { serialise } from '../policies/graph/serialise.ts';
import { assert } from '../runtime/assert.ts';
import { backtest } from '../runtime/backtest.ts';
import { stopwatchNs } from '../runtime/clock.ts';
import type { Limits, RuntimeConfig } from '../runtime/contract.ts';
import { Engine, tensor } from '../runtime/inference/engine.ts';

export interface LoadTask {
  readonly directory: string;
  readonly slice: Slice;
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  readonly loadFactor: number;
  readonly rounds: number;
}

export interface Load {
  readonly decisions: number;
  /** Median inference of an empty graph between the decisions, warm: a model that empties the caches does not lengthen its own measure. */
  readonly emptyNs: number;
  /** Book → features → inference → planner → risk → execution of a message that led to a decision. */
  readonly decisionP50Ns: number;
  readonly decisionP99Ns: number;
  /** A tenth of the decisions takes no longer. */
  readonly decisionP10Ns: number;
  /** The same of messages that led to none: what the same machine takes for work that no candidate has a part in. */
  readonly messageP10Ns: number;
  /** From a message's arrival to the end of the decision it caused, in the busiest minute at `loadFactor` times its rate. */
  readonly loadedP99Ns: number;
  readonly messagesInBusiestMinute: number;
}

/** One round's messages, in order. */
interface Round {
  readonly arrivalUs: number[];
  readonly serviceNs: number[];
  /** Whether the message led to a decision. */
  readonly decided: boolean[];
  /** The second empty inference after each decision. */
  readonly emptyNs: number[];
}

const MINUTE_US = 60e6;

/**
 * Plays the slice `rounds` times, message for message the same, and takes of each message the round in which it took
 * least: what the machine does besides hits a message in one round or another, what the candidate costs in all.
 */
export function measureLoad(task: LoadTask): Load {
  const empty = emptyInference();
  const least = play(task, empty);
  for (let i = 1; i < task.rounds; i++) {
    const { serviceNs, emptyNs } = play(task, empty);
    assert(serviceNs.length === least.serviceNs.length, 'a slice plays the same every time');
    lower(least.serviceNs, serviceNs);
    lower(least.emptyNs, emptyNs);
  }
  const { arrivalUs, serviceNs, decided, emptyNs } = least;
  const decisionNs = serviceNs.filter((_, i) => decided[i]);
  const messageNs = serviceNs.filter((_, i) => !decided[i]);
  const [from, to] = busiest(arrivalUs);
  return {
    decisions: decisionNs.length,
    emptyNs: quantile(emptyNs, 0.5),
    decisionP50Ns: quantile(decisionNs, 0.5),
    decisionP99Ns: quantile(decisionNs, 0.99),
    decisionP10Ns: quantile(decisionNs, 0.1),
    messageP10Ns: quantile(messageNs, 0.1),
    loadedP99Ns: quantile(sojournNs(arrivalUs, serviceNs, from, to, task.loadFactor, decided), 0.99),
    messagesInBusiestMinute: to - from,
  };
}

function lower(least: number[], values: readonly number[]): void {
  for (let i = 0; i < least.length; i++) least[i] = Math.min(least[i] as number, values[i] as number);
}

function play({ slice, config, limits, directory }: LoadTask, empty: () => void): Round {
  const trader = traderOf({ kind: 'policy', directory }, config.instruments.length);
  const round: Round = { arrivalUs: [], serviceNs: [], decided: [], emptyNs: [] };
  let timeUs = 0;
  let deciding = false;
  try {
    backtest({
      ...openSlice(slice),
      config,
      limits,
      policy: { forecaster: trader.forecaster, planner: trader.planner },
      observer: {
        onChange: (_symbolId, change) => {
          timeUs = change.timeUs;
        },
        onStage: (stage, durationNs) => {
          if (stage === 'decision') deciding = true;
          // The outermost stage: a message from its decoded form to the last order it caused.
          if (stage !== 'book') return;
          round.arrivalUs.push(timeUs);
          round.serviceNs.push(durationNs);
          round.decided.push(deciding);
          if (deciding) {
            empty();
            const beganNs = stopwatchNs();
            empty();
            round.emptyNs.push(stopwatchNs() - beganNs);
          }
          deciding = false;
        },
      },
    });
  } finally {
    trader.dispose();
  }
  return round;
}

/** Messages [from, to) of the minute with most of them. */
export function busiest(arrivalUs: readonly number[]): [from: number, to: number] {
  let best: [number, number] = [0, 0];
  let from = 0;
  for (let to = 1; to <= arrivalUs.length; to++) {
    while ((arrivalUs[to - 1] as number) - (arrivalUs[from] as number) >= MINUTE_US) from++;
    if (to - from > best[1] - best[0]) best = [from, to];
  }
  return best;
}

/**
 * Waiting plus service of each message that caused a decision, when one server takes messages in order and they come
 * `factor` times as fast as they did (Lindley 1952).
 */
export function sojournNs(
  arrivalUs: readonly number[],
  serviceNs: readonly number[],
  from: number,
  to: number,
  factor: number,
  decided: readonly boolean[],
): number[] {
  const sojourns: number[] = [];
  let waitNs = 0;
  for (let i = from; i < to; i++) {
    if (i > from) {
      const gapNs = (((arrivalUs[i] as number) - (arrivalUs[i - 1] as number)) * 1000) / factor;
      waitNs = Math.max(0, waitNs + (serviceNs[i - 1] as number) - gapNs);
    }
    if (decided[i]) sojourns.push(waitNs + (serviceNs[i] as number));
  }
  return sojourns;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** The smallest model there is: what an inference costs before it computes anything. */
function emptyInference(): () => void {
  const graph = new Graph();
  const x = graph.input('x', [1]);
  const engine = new Engine(serialise(graph, { y: mul(x, x) }, 'empty'));
  const feeds = { x: tensor(new Float32Array(1), [1]) };
  const fetches = { y: tensor(new Float32Array(1), [1]) };
  return () => engine.run(feeds, fetches);
}
