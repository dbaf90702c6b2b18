/** A real run for the viewer's own tests: the runtime, the planner and the simulated venue, watched as /stream does. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { backtest } from '../../runtime/backtest.ts';
import { limits, runtimeConfig } from '../../runtime/contract.ts';
import { features } from '../../runtime/features/index.ts';
import type { Forecaster } from '../../runtime/inference/forecast.ts';
import { SnapshotRecorder } from '../../runtime/snapshot.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { founder } from '../evolution/genome.ts';
import type { ViewEvent } from './view.ts';

const local = path.resolve(import.meta.dirname, '../../environments/local');
const read = (name: string): unknown => parse(readFileSync(path.join(local, name), 'utf8'));
const imbalance = features.findIndex(({ name }) => /imbalance/.test(name));

/** No model, but an opinion: the heavier side of the book wins, and the more so the farther ahead. */
const leaning: Forecaster = {
  horizons: [1, 4, 20],
  step(_symbolId, row, out) {
    for (let i = 0; i < out.mean.length; i++) {
      out.mean[i] = 2 * (row[imbalance] as number) * (i + 1);
      out.logScale[i] = -1;
    }
  },
  reset: () => undefined,
};

/** Snapshots four times a second of event time, and what the account said at the end. */
export function realRun(seed: number, seconds: number): { events: ViewEvent[]; fills: number; totalMicroUsd: number } {
  const config = runtimeConfig.parse(read('config.yaml'));
  const recorder = new SnapshotRecorder({
    mode: 'paper',
    environment: config.environment,
    policyDigest: null,
    horizons: leaning.horizons,
    decisionIntervalUs: config.decisionIntervalUs,
    symbols: config.instruments.length,
  });
  const events: ViewEvent[] = [];
  let step = 0;
  const { pnl, fills } = backtest({
    market: simulatedMarket({ seed, warmUpSeconds: 60 }),
    seed,
    config,
    limits: limits.parse(read('limits.yaml')),
    policy: { forecaster: leaning, planner: { ...founder(features.length, seed).planner, confidence: 0 } },
    seconds,
    observer: recorder.observer,
    onStart: (runtime) => recorder.watch(runtime),
    onStep: () => {
      // As JSON, because that is how it comes, and because the recorder goes on writing into what it gave.
      if (step++ % 3 === 0) events.push({ kind: 'runtime', snapshot: JSON.parse(JSON.stringify(recorder.snapshot())) });
    },
  });
  events.push({ kind: 'runtime', snapshot: JSON.parse(JSON.stringify(recorder.snapshot())) });
  return { events, fills, totalMicroUsd: pnl.total };
}
