/** One training from a recorded market to a policy's folder; interrupted, it goes on to the same bytes. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { readDocument } from '../../runtime/boot/documents.ts';
import { limits as limitsSchema, runtimeConfig } from '../../runtime/contract.ts';
import { configPath, limitsPath } from '../../runtime/evidence/layout.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import { featureNames, record } from '../evaluation/recording.ts';
import { founder } from '../evolution/genome.ts';
import { parameterCount } from '../training/compare.ts';
import { type FoldScore, type PolicyTraining, trainPolicy } from './train-policy.ts';
import { MODEL_KINDS, usualModel } from './usual-model.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { value: config } = readDocument(path.join(root, configPath('local')), runtimeConfig);
const { value: limits } = readDocument(path.join(root, limitsPath('local')), limitsSchema);
const small = { ...usualModel('mamba3', featureNames.length), horizons: [4, 8] };

function training(folder: string, more: Partial<PolicyTraining> = {}): PolicyTraining {
  const slice = { kind: 'simulated', seed: 3, informed: true, seconds: 150 } as const;
  return {
    stretches: [record(slice, config, limits, small.horizons)],
    config,
    model: small,
    planner: { ...founder(featureNames.length, 0).planner, horizon: 1 },
    seed: 5,
    steps: 20,
    learningRate: 1e-2,
    loss: 'gaussian',
    threads: 1,
    folds: 2,
    name: 'small',
    data: { kind: 'simulated', description: 'one market' },
    commit: 'none',
    directory: path.join(folder, 'policy'),
    workDirectory: path.join(folder, 'work'),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onFold: () => undefined,
    ...more,
  };
}

test('a policy, what its kind of model is worth on what it has not seen, and a curve', async (t) => {
  const told: FoldScore[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-train-'));
  const { policy, folds, bestStep, heldBackNats, curve } = await trainPolicy(
    training(folder, { onFold: (fold) => told.push(fold) }),
  );
  t.deepEqual(told, [...folds]);
  t.deepEqual(
    folds.map(({ fold }) => fold),
    [1, 2],
  );
  t.true((folds[1]?.trainedRows ?? 0) > (folds[0]?.trainedRows ?? 0));
  for (const { nats, constantNats, rankCorrelation } of folds) {
    t.true(Number.isFinite(nats) && constantNats > 0 && constantNats < 10);
    t.true(Math.abs(rankCorrelation) <= 1);
  }
  const { manifest } = loadPolicy(policy.directory);
  t.deepEqual(manifest.model, small);
  t.deepEqual(manifest.training, { steps: bestStep, loss: heldBackNats });
  t.true(readFileSync(curve, 'utf8').includes('held back'));
});

test('interrupted between any two trainings, the same call goes on to the same bytes', async (t) => {
  const [straight, broken] = ['straight', 'broken'].map((name) => mkdtempSync(path.join(tmpdir(), `emp-${name}-`))) as [
    string,
    string,
  ];
  const { policy } = await trainPolicy(training(straight));
  for (const stop of [1, 2]) {
    const interrupt = new AbortController();
    const onFold = ({ fold }: FoldScore) => {
      if (fold === stop) interrupt.abort(new Error('stopped'));
    };
    await t.throwsAsync(trainPolicy(training(broken, { signal: interrupt.signal, onFold })), { message: 'stopped' });
  }
  const parts = new Set<number | 'policy'>();
  const again = await trainPolicy(training(broken, { onProgress: (part) => parts.add(part) }));
  t.is(again.policy.digest, policy.digest);
  t.deepEqual([...parts], ['policy'], 'what was done is not trained again');
});

test('without folds nothing is said of what it is worth', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-train-'));
  const { folds, policy } = await trainPolicy(training(folder, { folds: 0, steps: 51 }));
  t.deepEqual(folds, []);
  t.is(policy.manifest.reference.informationCoefficient, null);
});

test('every kind has a usual model, baselines of as many parameters as evolution begins with', (t) => {
  const wanted = parameterCount(founder(featureNames.length, 0).model);
  for (const kind of MODEL_KINDS) {
    const model = usualModel(kind, featureNames.length);
    t.is(model.kind, kind);
    t.true(
      Math.abs(parameterCount(model) / wanted - 1) < (kind === 'mamba3' ? 0.1 : 0.05),
      `${kind}: ${parameterCount(model)}, ${wanted}`,
    );
  }
});
