import test from 'ava';
import type { Forecast } from '../inference/forecast.ts';
import type { Runtime } from '../runtime.ts';
import { LifeRecorder } from './life-record.ts';

/** A recorder on a runtime of one symbol whose mid, profit and time are set by hand. */
function recorder() {
  const now = { timeUs: 0, midHalfTicks: 200, totalMicroUsd: 5e6 };
  const runtime = {
    pipeline: {
      books: { of: () => ({ others: { midHalfTicks: () => now.midHalfTicks } }) },
      volatilityTicks: () => 2,
      pnl: () => ({ total: now.totalMicroUsd }),
    },
    eventClock: { nowUs: () => now.timeUs },
  } as unknown as Runtime;
  const life = new LifeRecorder(1, { index: 1, decisions: 2 }, 250_000);
  life.watch(runtime);
  return { life, now };
}

test('what a life earned begins with its first step, at what it inherited', (t) => {
  const { life, now } = recorder();
  t.like(life.read(), { seconds: 0, earnedMicroUsd: 0, pairs: 0, pairSeconds: 0, rankCorrelation: null });
  now.timeUs = 40e6;
  life.observer.onStep?.(now.timeUs);
  Object.assign(now, { timeUs: 100e6, totalMicroUsd: 3e6 });
  life.observer.onStep?.(now.timeUs);
  t.like(life.read(), { seconds: 60, earnedMicroUsd: -2e6 });
});

test('forecasts of the planner’s horizon are held against what happened', (t) => {
  const { life, now } = recorder();
  life.observer.onStep?.(0);
  const rises = [4, -6, 2, 8, -2, 0];
  const means = [-3, 1, 4, -1, 0, 0];
  for (const [i, rise] of rises.entries()) {
    now.timeUs = i * 250_000;
    life.observer.onForecast?.(0, now.timeUs, { mean: Float32Array.of(9, means[i] as number) } as Forecast);
    now.midHalfTicks += rise;
  }
  // Over two decisions the mid rose by −2, −4, 10 and 6: the forecasts −3, 1, 4, −1 rank as what happened but for one swap.
  const read = life.read();
  t.like(read, { pairs: 4, pairSeconds: 1.25 });
  t.true(Math.abs((read.rankCorrelation as number) - 0.4) < 1e-9, String(read.rankCorrelation));
});

test('messages with and without a decision are timed apart', (t) => {
  const { life } = recorder();
  for (const [decided, ns] of [
    [false, 1000],
    [true, 90_000],
    [false, 1000],
    [true, 90_000],
    [false, 3000],
  ] as const) {
    if (decided) life.observer.onStage?.('decision', ns / 2);
    life.observer.onStage?.('book', ns);
  }
  const { messageP10Ns, decisionP10Ns } = life.read();
  t.deepEqual([messageP10Ns, Math.round(decisionP10Ns / 1000)], [1000, 90]);
});
