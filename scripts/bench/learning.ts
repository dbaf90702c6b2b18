/** How fast policies are evaluated and found. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Archive } from '../../policies/archive/archive.ts';
import { EvaluationPool } from '../../policies/evaluation/pool.ts';
import { type Budget, DEFAULT_BUDGET, learn } from '../../policies/learning/learn.ts';
import { backtest } from '../../runtime/backtest.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { type Figure, figure } from './figure.ts';
import { benchEnvironment, loudTrader } from './trader.ts';

/**
 * Market data messages handled while a policy trades in closed loop, on one core: the simulated agents, the venue, FIX
 * on both sides and the whole pipeline are in it.
 */
export function benchEvaluation(repeats: number, eventSeconds = 600): Figure[] {
  const { config, limits } = benchEnvironment();
  const events: number[] = [];
  const pace: number[] = [];
  for (let i = 0; i <= repeats; i++) {
    const policy = loudTrader(config.instruments.length);
    let messages = 0;
    const onMessage = () => {
      messages++;
    };
    try {
      const beganNs = stopwatchNs();
      const market = simulatedMarket({ seed: 7 });
      backtest({ market, seed: 7, seconds: eventSeconds, config, limits, policy, observer: { onMessage } });
      const seconds = (stopwatchNs() - beganNs) / 1e9;
      // The first pass warms the compiler up.
      if (i === 0) continue;
      events.push(messages / seconds);
      pace.push(eventSeconds / seconds);
    } finally {
      policy.forecaster.dispose();
    }
  }
  return [figure('evaluationEventsPerSecond', events), figure('evaluatedMarketSecondsPerSecond', pace)];
}

/** The product's own budget with a smaller population and less to train on; a candidate costs what it costs in `up`. */
export const SMALL_BUDGET: Budget = {
  ...DEFAULT_BUDGET,
  trainingSlices: 4,
  evolution: { generations: 1, population: 2, offspring: 4, founders: 1 },
};

/** Candidates trained and evaluated on every core, a generation at a time. Recording the market is not in it. */
export async function benchCandidates(budget = SMALL_BUDGET): Promise<Figure[]> {
  const { config, limits } = benchEnvironment();
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-bench-'));
  const { signal } = new AbortController();
  const pool = new EvaluationPool(availableParallelism(), signal);
  const archive = await Archive.open();
  const perMinute: number[] = [];
  let born = 0;
  let beganNs = 0;
  try {
    await learn({
      market: { kind: 'simulated', informed: true },
      seed: 7,
      config,
      limits,
      budget,
      pool,
      archive,
      directory,
      commit: 'bench',
      signal,
      onEvent: (event) => {
        if (event.kind === 'individual') born++;
        if (event.kind === 'generation') perMinute.push((born * 60e9) / (stopwatchNs() - beganNs));
        if (event.kind === 'individual') return;
        born = 0;
        beganNs = stopwatchNs();
      },
    });
  } finally {
    await archive.close();
    await pool.close();
    rmSync(directory, { recursive: true });
  }
  return [figure('candidatesPerMinute', perMinute)];
}
