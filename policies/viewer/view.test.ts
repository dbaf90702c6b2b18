import test from 'ava';
import type { PolicyManifest } from '../../runtime/contract.ts';
import { founder } from '../evolution/genome.ts';
import { manifestSummary } from './manifest-summary.ts';
import { promotionEvents, tradingEvents } from './scenario.ts';
import { runtimeSnapshot } from './snapshot-schema.ts';
import { policySummary, viewEvent } from './view.ts';

const [event] = tradingEvents(1, 8).slice(-1) as [ReturnType<typeof tradingEvents>[number]];
const json = (): Record<string, unknown> => JSON.parse(JSON.stringify(event.snapshot)) as Record<string, unknown>;

test('what the loop says is accepted as it is', (t) => {
  for (const said of [...promotionEvents(1), event]) t.deepEqual(viewEvent.parse(said) as unknown, said);
});

test('a model that went insane is still shown', (t) => {
  const snapshot = {
    ...json(),
    symbols: event.snapshot.symbols.map((symbol) => ({
      ...symbol,
      lastForecast: { mean: [null, 1], logScale: [null, 0] },
    })),
    fills: event.snapshot.fills.map((fill) => ({ ...fill, edgeMicroUsd: null })),
  };
  const parsed = runtimeSnapshot.parse(snapshot);
  t.deepEqual(parsed.symbols[0]?.lastForecast?.mean, [Number.NaN, 1]);
  t.is(parsed.fills[0]?.edgeMicroUsd, Number.NaN);
});

test('a newer runtime with more to say can be watched', (t) => {
  t.deepEqual(runtimeSnapshot.parse({ ...json(), latencyNs: {} }) as unknown, json());
});

for (const [name, change, message] of [
  ['a missing field', { pnl: undefined }, /pnl/],
  ['money that is not an integer', { pnl: { cross: 0.5, post: 0, hold: 0, fees: 0, total: 0 } }, /cross/],
  ['a mode that does not exist', { mode: 'dream' }, /mode/],
] as const) {
  test(`refused: ${name}`, (t) => {
    const { success, error } = runtimeSnapshot.safeParse({ ...json(), ...change });
    t.false(success);
    t.regex(error?.message ?? '', message);
  });
}

test('our own events carry nothing that the page would not show', (t) => {
  t.false(viewEvent.safeParse({ kind: 'phase', phase: 'trading', note: '', more: 1 }).success);
  t.false(viewEvent.safeParse({ kind: 'phase', phase: 'dancing', note: '' }).success);
});

test('a manifest becomes a card', (t) => {
  const manifest: PolicyManifest = {
    schema: 'emp/policy/v1',
    name: 'p',
    files: { 'sequence.onnx': 'sha256:1', 'step.onnx': 'sha256:2' },
    featureNames: ['a', 'b'],
    featureDigest: 'sha256:3',
    decisionIntervalUs: 250_000,
    model: {
      kind: 'ssd',
      features: 2,
      dModel: 32,
      heads: 4,
      headDim: 8,
      stateDim: 16,
      layers: 2,
      chunk: 64,
      horizons: [1, 4],
    },
    scaler: { mean: [0, 0], deviation: [1, 1], clip: 5 },
    planner: founder(2, 7).planner,
    seed: 7,
    parents: [],
    genome: 'sha256:4',
    data: { kind: 'simulated', description: 'three symbols', digest: 'sha256:5' },
    commit: 'abc',
    trials: 3,
    training: { steps: 10, loss: null },
    reference: { informationCoefficient: 0.1, pnlPerSliceUsd: null },
  };
  const summary = policySummary.parse(manifestSummary(manifest));
  t.deepEqual(summary.horizonsUs, [250_000, 1_000_000]);
  t.is(summary.features, 2);
  t.is(summary.trainedOn, 'simulated: three symbols');
  t.is(summary.planner['clipLots'], manifest.planner.clipLots);
});
