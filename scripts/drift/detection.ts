import { Decisions } from '../../policies/markets/decisions.ts';
import { MarketStream } from '../../policies/markets/market-stream.ts';
import { DriftMonitor, type DriftWindow } from '../../runtime/drift/drift-monitor.ts';
import { type DriftReference, driftRule } from '../../runtime/drift/drift-rule.ts';
import { type PopulationReference, populationReference } from '../../runtime/drift/population-index.ts';
import { SignalPairs } from '../../runtime/drift/signal-index.ts';
import { features } from '../../runtime/features/index.ts';
import { profiles } from '../../runtime/sim/profiles.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';

/** Depth and pace of the local environment. */
const DEPTH = 10;
const INTERVAL_US = 250_000;
/** Sixteen seconds: what informed traders know comes out within half a minute. */
const HORIZON = 64;
/** Stands for a policy's forecast: in the simulated market those who know trade, and the price follows them. */
const FORECAST = features.findIndex(({ name }) => name === 'trade-flow-fast');
const NAMES = features.map(({ name }) => name);

/** What is done to the simulated market, or to the forecast. `quiet`: nothing. */
export const CHANGES = ['quiet', 'volatility halved', 'volatility doubled', 'sign flipped', 'signal gone'] as const;
export type Change = (typeof CHANGES)[number];

function marketOf(change: Change, seed: number) {
  const factor = change === 'volatility halved' ? 0.5 : change === 'volatility doubled' ? 2 : 1;
  return simulatedMarket({
    seed,
    informed: change !== 'signal gone',
    profiles: profiles.map((profile) => {
      const { moveTicks, eventTicks } = profile.value;
      const [least, most] = eventTicks;
      const value = { moveTicks: factor * moveTicks, eventTicks: [factor * least, factor * most] as const };
      return { ...profile, value: { ...profile.value, ...value } };
    }),
  });
}

type OnRow = (symbolId: number, timeUs: number, row: Float32Array, midTicks: number, unitTicks: number) => void;

/** Plays a market for windows as long as `onRow` has not had enough. */
function play(change: Change, seed: number, seconds: number, onRow: OnRow, enough: () => boolean): void {
  const market = marketOf(change, seed).open(undefined);
  try {
    const decisions = new Decisions(market.instruments, features, INTERVAL_US, (symbolId, timeUs, row, book) => {
      const unitTicks = decisions.rows.volatilityTicks(symbolId, HORIZON * INTERVAL_US);
      onRow(symbolId, timeUs, row, book.midHalfTicks() / 2, unitTicks);
    });
    const stream = new MarketStream(market, DEPTH, (message) => decisions.onMessage(message));
    for (let played = 0; played < seconds && !enough(); played += 60) stream.advance(60);
  } finally {
    market.close();
  }
}

/** What the market is like when nothing is done to it, over some seeds that no trial uses. */
export function simulatedReference(seeds: readonly number[], seconds: number): DriftReference {
  const values: number[][] = NAMES.map(() => []);
  const cuts: number[] = [];
  const pairs = new SignalPairs(profiles.length * seeds.length, HORIZON);
  for (const [s, seed] of seeds.entries()) {
    let last = Number.NaN;
    play(
      'quiet',
      seed,
      seconds,
      (symbolId, timeUs, row, mid, unit) => {
        const window = Math.floor(timeUs / driftRule.windowUs);
        if (window !== last) cuts.push(values[0]?.length ?? 0);
        last = window;
        for (const [f, column] of values.entries()) column.push(row[f] as number);
        pairs.add(s * profiles.length + symbolId, row[FORECAST] as number, mid, unit);
      },
      () => false,
    );
  }
  return {
    informationCoefficient: pairs.correlation(),
    features: values.map((column): PopulationReference => {
      const windows = cuts.map((from, i) => column.slice(from, cuts[i + 1]));
      return populationReference(
        column,
        windows.filter(({ length }) => length >= driftRule.decisionsMin),
      );
    }),
  };
}

/** The windows of one seed, up to the first that says drift or to `most`. */
export function trial(reference: DriftReference, change: Change, seed: number, most: number): DriftWindow[] {
  const windows: DriftWindow[] = [];
  const monitor = new DriftMonitor(reference, driftRule, NAMES, profiles.length, HORIZON, (window) => {
    windows.push(window);
  });
  const sign = change === 'sign flipped' ? -1 : 1;
  play(
    change,
    seed,
    (most + 0.1) * (driftRule.windowUs / 1e6),
    (symbolId, timeUs, row, mid, unit) => {
      monitor.onDecision(symbolId, timeUs, row, sign * (row[FORECAST] as number), mid, unit);
    },
    () => windows.length >= most || (change !== 'quiet' && windows.at(-1)?.drift !== undefined),
  );
  return windows;
}
