import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { SymbolSeries } from '../policies/evaluation/recording.ts';
import { earnableUsd, regret } from './regret.ts';
import { contextOf, environment, outcomeOf, untrained } from './testing.ts';

const decisions = 40;

/** One symbol whose price rises a tick a decision behind a spread of one tick. */
function rising(unitTicks: number): SymbolSeries {
  const from = (f: (t: number) => number) => Int32Array.from({ length: decisions }, (_, t) => f(t));
  return {
    symbol: 'SIM-S',
    rows: new Float32Array(0),
    timeUs: new Float64Array(decisions),
    midTicks: Float64Array.from({ length: decisions }, (_, t) => 1000.5 + t),
    unitTicks: new Float64Array(3 * decisions).fill(unitTicks),
    offered: {
      bidTicks: from((t) => 1000 + t),
      askTicks: from((t) => 1001 + t),
      soldDownToTicks: from(() => 0x7fffffff),
      boughtUpToTicks: from(() => 0),
    },
  };
}

test('hindsight trades in orders of the size that the planner would choose', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-regret-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const { planner } = untrained(directory, 1).manifest;
  const { microUsdPerHalfTickLot } = environment.config.instruments[0] as (typeof environment.config.instruments)[0];
  const unitFor = (lots: number) => (planner.riskPerClipUsd * 1e6) / (lots * 2 * microUsdPerHalfTickLot);
  const of = (lots: number) => earnableUsd([rising(unitFor(lots) * 0.999)], planner, environment.config);
  t.true(of(10) > 0);
  t.true(Math.abs(of(20) / of(10) - 2) < 1e-9);
  t.is(of(10 * planner.clipLots), of(planner.clipLots));
});

test('sound: a share of what was there passes; plants: a random one and a dead market do not', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-regret-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const candidate = untrained(directory, 1);
  const judge = async (usd: number, series: readonly SymbolSeries[]) => {
    const runs = { evaluate: async () => outcomeOf(usd), record: async () => [...series] };
    const finding = await regret.run(candidate, contextOf({ runs }));
    t.log(finding.because);
    return finding;
  };
  const there = earnableUsd([rising(4)], candidate.manifest.planner, environment.config);
  const good = await judge(0.05 * there, [rising(4)]);
  t.is(good.status, 'passed');
  t.true(Math.abs((good.measured['oracleShare'] as number) - 0.05) < 1e-9);
  const bad = await judge(-0.02 * there, [rising(4)]);
  t.is(bad.status, 'failed');
  t.regex(
    bad.because,
    /^earns −\d+\.\d\d USD a slice of the \d+\.\d\d that perfect hindsight earns \(−2\.00 %, 8 slices\), at least 0\.50 % is needed$/,
  );
  t.is((await judge(0, [])).status, 'failed');
});
