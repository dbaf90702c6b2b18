import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { logPart } from '../policies/evaluation/slices.ts';
import type { RuntimeConfig } from '../runtime/contract.ts';
import type { FillBody } from '../runtime/execution/records.ts';
import { StepForecaster } from '../runtime/inference/step-forecaster.ts';
import { InstrumentTable, signOf } from '../runtime/instrument.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import { Random } from '../runtime/random.ts';
import { replayMarket } from '../runtime/venue/replay-market.ts';
import { simulatedMarket } from '../runtime/venue/simulated-market.ts';
import type { ExecutionRecord } from '../runtime/venue/venue-state.ts';
import { type BookComparison, compareBooks } from './book-comparison.ts';
import type { Candidate, Gate, GateContext } from './gate.ts';
import { thresholds as allThresholds } from './thresholds.ts';
import { type TrialMarket, type TrialRun, trialRun } from './trial-run.ts';

const thresholds = allThresholds.replaySmoke;

/** Event time of the trial: warm-up, and some minutes of trading. */
const SIMULATED_SECONDS = 120;
/** Of a recorded market, where fewer messages lead to fewer decisions. */
const RECORDED_SECONDS = 300;
const STEPS_PER_SECOND = 10;
const SEEDS = 2 ** 31;
/** What the planner may stand aside for in a sound run: until it is logged on, agrees with the venue and is warm; at the end. */
const USUAL = new Set(['SESSION_DOWN', 'RECONCILING', 'WARMUP', 'MANUAL']);

export const replaySmoke: Gate = {
  name: 'replay-smoke',
  proves:
    'the real runtime process trades the candidate on a real venue process over TCP: books, decisions, fills, metrics, exit',
  async run(candidate, context) {
    const folder = mkdtempSync(path.join(tmpdir(), 'emp-smoke-'));
    const measured: Record<string, number | string> = {};
    try {
      const market = trialMarket(context);
      const run = await trialRun(candidate, context, market, folder);
      context.progress(0.7, 'the process has ended');
      const problem =
        processProblem(run, candidate, measured) ?? insideProblem(run, candidate, context, market, measured);
      if (problem !== undefined) return { status: 'failed', because: problem, measured, thresholds };
      const because =
        `over TCP the runtime made the same ${measured['decisions']} decisions as in one process, where ${measured['booksCompared']} books equalled the ` +
        `venue's; ${measured['fills']} fills are in journal and venue alike and add up to ${measured['pnlUsd']} USD; it stopped flat with exit code 0`;
      return { status: 'passed', because, measured, thresholds };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function trialMarket({ market, seed }: GateContext): TrialMarket {
  const steps = (market.kind === 'log' ? RECORDED_SECONDS : SIMULATED_SECONDS) * STEPS_PER_SECOND;
  const drawn = Random.of('gate', 'replay-smoke', seed).integer(SEEDS);
  if (market.kind === 'log') {
    const { path: log } = market;
    const { fromUs } = logPart(log, 'held-out');
    return {
      factory: replayMarket(log, fromUs),
      flags: ['--log', log, '--from-us', String(fromUs)],
      seed: drawn,
      steps,
    };
  }
  const { informed } = market;
  return {
    factory: simulatedMarket({ seed: drawn, informed }),
    flags: informed ? [] : ['--no-informed'],
    seed: drawn,
    steps,
  };
}

/** What the process and the venue say themselves. */
function processProblem(
  run: TrialRun,
  candidate: Candidate,
  measured: Record<string, number | string>,
): string | undefined {
  const { runtimeExit, venueExit, complaint, events, served, journalled, executed, replaced } = run;
  if (runtimeExit === 2) return `the runtime refuses it at boot: ${complaint}`;
  const stop = events.find(({ event, reason }) => event === 'disable' && !USUAL.has(reason as string));
  if (stop !== undefined) return `the runtime stopped trading: ${stop['reason']} (${stop['because']})`;
  const problem = events.find(({ event }) => event === 'problem');
  if (problem !== undefined) return `the runtime met a problem: ${problem['subject']}: ${problem['problem']}`;
  const stopped = events.find(({ event }) => event === 'stopped');
  if (stopped === undefined) {
    const reason = loadingProblem(candidate);
    if (reason !== undefined) return `the runtime cannot run it: ${reason}`;
    throw new Error(`replay-smoke: the runtime ended with ${runtimeExit} before it stopped: ${complaint}`);
  }
  measured['decisions'] = stopped['decisions'] as number;
  measured['fills'] = executed.length;
  if (stopped['outcome'] !== 'flat')
    return `the runtime stopped with outcome "${stopped['outcome']}", only "flat" is allowed`;
  if (runtimeExit !== 0) return `the runtime ended with exit code ${runtimeExit}, only 0 is allowed`;
  if (venueExit !== 0) throw new Error(`replay-smoke: the venue ended with exit code ${venueExit}`);
  if ((stopped['decisions'] as number) < thresholds.decisionsMin) {
    return `the runtime made ${stopped['decisions']} decisions, at least ${thresholds.decisionsMin} are needed`;
  }
  return windowProblem(served, candidate) ?? fillProblem(journalled, executed, replaced, stopped['fills'] as number);
}

/** Why the candidate's models cannot be used at all, if that is so. */
function loadingProblem({ directory }: Candidate): string | undefined {
  try {
    new StepForecaster(loadPolicy(directory), 1).dispose();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function windowProblem(served: TrialRun['served'], { digest }: Candidate): string | undefined {
  const metrics = served.get('/metrics');
  if (metrics === undefined) return '/metrics was not served while the runtime traded';
  if (!metrics.includes(digest)) return `/metrics does not name the policy ${digest}`;
  if (served.get('/healthz') === undefined) return '/healthz was not served while the runtime traded';
  const audit = served.get('/audit');
  if (audit === undefined) return '/audit was not served while the runtime traded';
  return audit.includes(digest) ? undefined : `/audit does not name the policy ${digest}`;
}

/** The journal's fills against the venue's own record, one by one. */
export function fillProblem(
  journalled: readonly FillBody[],
  executed: readonly ExecutionRecord[],
  replaced: ReadonlyMap<string, string>,
  told: number,
): string | undefined {
  const counts = `${journalled.length} in the journal, ${executed.length} at the venue, ${told} told`;
  if (journalled.length !== executed.length || told !== executed.length)
    return `fills are not accounted for: ${counts}`;
  const ours = new Map(journalled.map((fill) => [fill.execId, fill]));
  for (const execution of executed) {
    const fill = ours.get(execution.execId);
    if (fill === undefined) return `execution ${execution.execId} of the venue is not in the journal`;
    const clOrdId = replaced.get(execution.clOrdId) ?? execution.clOrdId;
    if (fill.clOrdId !== clOrdId) {
      return `execution ${execution.execId}: clOrdId is ${fill.clOrdId} in the journal, the venue has ${execution.clOrdId}`;
    }
    for (const field of ['symbol', 'side', 'lots', 'priceTicks', 'liquidity', 'feeMicroUsd'] as const) {
      if (fill[field] === execution[field]) continue;
      return `execution ${execution.execId}: ${field} is ${fill[field]} in the journal, the venue has ${execution[field]}`;
    }
  }
  return undefined;
}

/** The same trial in this process, where books can be compared: equal decisions mean equal books. */
function insideProblem(
  { events, executed }: TrialRun,
  candidate: Candidate,
  { config, limits }: GateContext,
  { factory, seed, steps }: TrialMarket,
  measured: Record<string, number | string>,
): string | undefined {
  const stopped = events.find(({ event }) => event === 'stopped') as Readonly<Record<string, unknown>>;
  const policy = loadPolicy(candidate.directory);
  const forecaster = new StepForecaster(policy, config.instruments.length);
  let inside: BookComparison;
  try {
    inside = compareBooks(
      { market: factory, seed, seconds: steps / STEPS_PER_SECOND },
      { config, limits, policy: { forecaster, planner: policy.manifest.planner } },
    );
  } finally {
    forecaster.dispose();
  }
  const { defect, run, compared } = inside;
  measured['booksCompared'] = [...compared.values()].reduce((a, b) => a + b, 0);
  if (defect !== undefined) return `the book of ${defect.symbol} is wrong: ${defect.what}`;
  if (run.decisionDigest !== stopped['decisionDigest']) {
    return `decisions over TCP differ from those in one process: ${stopped['decisionDigest']} against ${run.decisionDigest}`;
  }
  const told = (stopped['pnl'] as { readonly total: number }).total;
  const cash = cashOf(executed, config);
  measured['pnlUsd'] = cash / 1e6;
  if (told === cash) return undefined;
  return `the account says ${told} micro-USD, the venue's executions add up to ${cash}`;
}

/** What executions that leave no position earned after fees, micro-USD. */
export function cashOf(executed: readonly ExecutionRecord[], { instruments }: RuntimeConfig): number {
  const table = new InstrumentTable(instruments);
  return executed.reduce((cash, { symbol, side, lots, priceTicks, feeMicroUsd }) => {
    const { microUsdPerHalfTickLot } = table.of(table.idOf(symbol));
    return cash - signOf(side) * 2 * lots * priceTicks * microUsdPerHalfTickLot - feeMicroUsd;
  }, 0);
}
