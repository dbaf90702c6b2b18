/** Whether a slot does in its environment what it was approved for, from what the environment itself recorded. */
import { thresholds } from '../../gates/thresholds.ts';
import { leastMean } from '../../policies/evaluation/significance.ts';
import type { LifeRecord } from '../../runtime/telemetry/life-record.ts';
import type { RegressionVerdict } from '../environment/regression.ts';
import type { EdgeExpected, Expected } from './expected.ts';

const held = thresholds.regression;

/** What was recorded of one slot. */
export interface Recorded {
  readonly decisions: number;
  readonly fills: number;
  /** Orders that risk refused. */
  readonly denials: number;
  /** Evidence of each halt. */
  readonly halts: readonly string[];
  /** Evidence of each spell in which the market was another than the one that the policy was approved on. */
  readonly drifts: readonly string[];
  readonly errors: number;
  /** What the runtime measured of its own life; undefined when it ended without telling. */
  readonly record: LifeRecord | undefined;
}

/** Decisions without which a window says nothing. */
export const DECISIONS_NEEDED: number = held.decisionsMin;

/**
 * Nothing halted it, nothing of it is an error, the market is the one that it was approved on, its limits seldom refused
 * it; it tells and earns no less, and decides no slower, than what it was approved for leaves to chance.
 *
 * Signal and profit of a sound policy each fall below their bound once in a thousand windows, see `leastMean`.
 */
export function judge(recorded: Recorded, expected: Expected, decisionsNeeded = DECISIONS_NEEDED): RegressionVerdict {
  const { decisions, fills, denials, halts, drifts, errors } = recorded;
  if (halts.length > 0) return failed(`risk halted it: ${halts[0]}`);
  if (errors > 0) return failed(`${errors} errors stand in its journal, none is allowed`);
  if (drifts.length > 0) return failed(`the market is another than it was approved on: ${drifts[0]}`);
  if (decisions < decisionsNeeded) {
    return errored(`it made ${decisions} decisions, at least ${decisionsNeeded} are needed`);
  }
  if (denials > held.deniedShareMax * decisions) {
    const allowed = `${held.deniedShareMax * 100} % of its ${decisions} decisions are allowed`;
    return failed(`risk denied ${denials} of its orders, at most ${allowed}`);
  }
  const measured = againstExpected(recorded.record, expected);
  if (typeof measured !== 'string') return measured;
  const counted = `${decisions} decisions, ${fills} fills, ${denials} denials, no halt, no error`;
  return { status: 'passed', because: `${counted}; ${measured}` };
}

const failed = (because: string): RegressionVerdict => ({ status: 'failed', because });
const errored = (because: string): RegressionVerdict => ({ status: 'errored', because });

/** @returns a verdict that ends it, or what was found in words */
function againstExpected(record: LifeRecord | undefined, expected: Expected): RegressionVerdict | string {
  const { edge, decisionRatio } = expected;
  if (edge === undefined && decisionRatio === undefined) return 'nothing was measured of it before, to hold it to';
  if (record === undefined) return errored('the runtime ended without telling what it earned and how fast it was');
  const found: string[] = [];
  if (edge === undefined) found.push('signal and profit were not measured before');
  else {
    const judged = againstEdge(record, edge);
    if (typeof judged !== 'string') return judged;
    found.push(judged);
  }
  if (decisionRatio === undefined) found.push('latency was not measured before');
  else {
    const judged = againstLatency(record, decisionRatio);
    if (typeof judged !== 'string') return judged;
    found.push(judged);
  }
  return found.join(', ');
}

function againstEdge(record: LifeRecord, edge: EdgeExpected): RegressionVerdict | string {
  const { seconds, pairs, pairSeconds, earnedMicroUsd } = record;
  if (pairs < held.pairsMin) {
    return errored(
      `${pairs} of its forecasts could be held against what happened, at least ${held.pairsMin} are needed`,
    );
  }
  // Forecasts that are all the same tell nothing.
  const correlation = record.rankCorrelation ?? 0;
  const leastCorrelation = leastMean(edge.correlation, pairSeconds / edge.sliceSeconds);
  const told = `its forecasts correlate ${correlation.toFixed(2)} with what happened`;
  if (correlation < leastCorrelation) {
    const approved = edge.correlation.mean.toFixed(2);
    return failed(`${told}, at least ${leastCorrelation.toFixed(2)} was expected (${approved} when it was approved)`);
  }
  const slices = seconds / edge.sliceSeconds;
  const leastUsd = slices * leastMean(edge.earnedUsd, slices);
  const earnedUsd = earnedMicroUsd / 1e6;
  const earned = `earned ${earnedUsd.toFixed(2)} USD in ${seconds.toFixed(0)} s`;
  if (earnedUsd < leastUsd) {
    const approved = (slices * edge.earnedUsd.mean).toFixed(2);
    return failed(`it ${earned}, at least ${leastUsd.toFixed(2)} was expected (${approved} when it was approved)`);
  }
  return `${told} (at least ${leastCorrelation.toFixed(2)}), it ${earned} (at least ${leastUsd.toFixed(2)})`;
}

function againstLatency({ messageP10Ns, decisionP10Ns }: LifeRecord, approved: number): RegressionVerdict | string {
  if (messageP10Ns === 0 || decisionP10Ns === 0) return errored('the runtime measured no latency');
  const ratio = decisionP10Ns / messageP10Ns;
  const takes = `a quick decision takes ${ratio.toFixed(1)} times as long as a quick message without one`;
  const most = approved * held.decisionRatioGrowthMax;
  if (ratio > most) {
    return failed(`${takes}, at most ${most.toFixed(1)} was expected (${approved.toFixed(1)} when it was approved)`);
  }
  return `${takes} (at most ${most.toFixed(1)})`;
}
