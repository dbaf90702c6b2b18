import '../runtime/inference/telemetry.ts';
import path from 'node:path';
import { Piscina } from 'piscina';
import type { Load, LoadTask } from './decision-load.ts';
import type { Candidate, Gate, GateContext, Verdict } from './gate.ts';
import { gateSlice } from './gate-slice.ts';
import { thresholds } from './thresholds.ts';

const held = thresholds.plannerSla;

export const plannerSla: Gate = {
  name: 'planner-sla',
  proves: 'The candidate decides in time when messages come several times as fast as in the busiest minute.',
  async run({ directory }: Candidate, context: GateContext): Promise<Omit<Verdict, 'gate' | 'seconds'>> {
    const { market, config, limits } = context;
    const { loadFactor, rounds, simulatedSliceSeconds, recordedSliceSeconds } = held;
    const seconds = market.kind === 'simulated' ? simulatedSliceSeconds : recordedSliceSeconds;
    const slice = gateSlice(context, 'planner-sla', seconds);
    const task: LoadTask = { directory, slice, config, limits, loadFactor, rounds };
    const thread = new Piscina({
      filename: path.join(import.meta.dirname, 'decision-load.ts'),
      minThreads: 1,
      maxThreads: 1,
      recordTiming: false,
    });
    try {
      // No signal: a thread that is torn down inside the inference engine takes the process with it.
      return verdictOf(await thread.run(task, { name: 'measureLoad' }));
    } finally {
      await thread.close();
    }
  },
};

/** @throws Error when too few decisions were made to speak of a p99 */
export function verdictOf(load: Load): Omit<Verdict, 'gate' | 'seconds'> {
  if (load.decisions < held.decisionsMin) {
    throw new Error(`${load.decisions} decisions were made under load, at least ${held.decisionsMin} make a p99`);
  }
  const ratio = load.decisionP99Ns / load.emptyNs;
  const loadedMs = load.loadedP99Ns / 1e6;
  const slow = ratio > held.decisionRatioMax;
  const late = loadedMs > held.loadedDecisionMsMax;
  const inEmpty = `p99 of a decision is ${us(load.decisionP99Ns)} µs, ${ratio.toFixed(0)} times an empty graph's ${us(load.emptyNs)} µs (at most ${held.decisionRatioMax})`;
  const underLoad = `p99 from message to decision at ${held.loadFactor} times the busiest minute is ${loadedMs.toFixed(2)} ms (at most ${held.loadedDecisionMsMax})`;
  return {
    status: slow || late ? 'failed' : 'passed',
    because: slow ? `too slow: ${inEmpty}` : late ? `too late: ${underLoad}` : `${inEmpty}; ${underLoad}`,
    measured: {
      decisions: load.decisions,
      emptyP50Ns: load.emptyNs,
      decisionP50Ns: load.decisionP50Ns,
      decisionP99Ns: load.decisionP99Ns,
      decisionRatio: ratio,
      decisionPerMessageRatio: load.decisionP10Ns / load.messageP10Ns,
      loadedDecisionP99Ns: load.loadedP99Ns,
      messagesInBusiestMinute: load.messagesInBusiestMinute,
    },
    thresholds: {
      decisionRatioMax: held.decisionRatioMax,
      loadedDecisionMsMax: held.loadedDecisionMsMax,
      loadFactor: held.loadFactor,
    },
  };
}

function us(ns: number): string {
  return (ns / 1000).toFixed(0);
}
