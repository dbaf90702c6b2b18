/** From weights to files to forecasts: what is written is what the runtime serves. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ModelConfig } from '../../runtime/contract.ts';
import { Forecast } from '../../runtime/inference/forecast.ts';
import { SequenceForecaster } from '../../runtime/inference/sequence-forecaster.ts';
import { StepForecaster } from '../../runtime/inference/step-forecaster.ts';
import { type LoadedPolicy, loadPolicy } from '../../runtime/policy/load.ts';
import { Random } from '../../runtime/random.ts';
import { initialWeights, type Weights } from './parameters.ts';
import { canonicalJson, type ManifestParts, writePolicy } from './policy-folder.ts';

const config: ModelConfig = {
  kind: 'ssd',
  features: 5,
  dModel: 12,
  heads: 2,
  headDim: 8,
  stateDim: 6,
  layers: 2,
  chunk: 16,
  horizons: [1, 4, 16],
};
const someDigest = `sha256:${'0'.repeat(64)}`;
const parts: ManifestParts = {
  name: 'test',
  featureNames: ['a', 'b', 'c', 'd', 'e'],
  featureDigest: someDigest,
  decisionIntervalUs: 250_000,
  scaler: { mean: [0, 1, 2, 3, 4], deviation: [1, 2, 1, 2, 1], clip: 3 },
  planner: {
    horizon: 1,
    enterCosts: 1,
    exitCosts: 0,
    postCosts: 1,
    confidence: 0,
    clipLots: 1,
    riskPerClipUsd: 4,
    maxPositionClips: 2,
    maxHoldDecisions: 10,
  },
  seed: 1,
  parents: [],
  genome: someDigest,
  data: { kind: 'simulated', description: 'none', digest: someDigest },
  commit: 'none',
  trials: 1,
  training: { steps: 0, loss: null },
  reference: { informationCoefficient: null, pnlPerSliceUsd: null },
};

/** Untrained weights made loud, so that a part left out would show. */
function loudWeights(): Weights {
  const { values } = initialWeights(config, 3);
  const random = Random.of(4);
  return { config, values: values.map((value) => value + 0.3 * random.gaussian()) };
}

function written(t: ExecutionContext): LoadedPolicy {
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-policy-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  writePolicy(directory, parts, loudWeights());
  return loadPolicy(directory);
}

function rawRows(count: number, seed: number): Float32Array {
  const random = Random.of(seed);
  return Float32Array.from({ length: count * config.features }, () => 2 + 2 * random.gaussian());
}

/** Forecasts row by row: means, then log-scales. */
function stepped(
  forecaster: StepForecaster,
  symbolId: number,
  rows: Float32Array,
): { mean: number[]; logScale: number[] } {
  const out = new Forecast(config.horizons.length);
  const result = { mean: [] as number[], logScale: [] as number[] };
  for (let at = 0; at < rows.length; at += config.features) {
    forecaster.step(symbolId, rows.subarray(at, at + config.features), out);
    result.mean.push(...out.mean);
    result.logScale.push(...out.logScale);
  }
  return result;
}

function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((worst, value, i) => {
    const gap = Math.abs(value - (b[i] as number));
    return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(worst, gap);
  }, 0);
}

test('step, whole sequence and blocks of any length give one forecast', (t) => {
  const policy = written(t);
  const rows = rawRows(101, 1);
  const step = stepped(new StepForecaster(policy, 1), 0, rows);
  const sequence = new SequenceForecaster(policy);
  t.true(Math.max(...step.mean.map(Math.abs)) > 0.1);
  for (const block of [1000, 101, 32, 16, 7, 1]) {
    const whole = sequence.forecast(rows, block);
    t.true(difference(whole.mean, step.mean) < 1e-5, `mean, blocks of ${block}`);
    t.true(difference(whole.logScale, step.logScale) < 1e-5, `log-scale, blocks of ${block}`);
  }
});

test('a change of a row leaves every earlier forecast as it was, bit for bit', (t) => {
  const sequence = new SequenceForecaster(written(t));
  const rows = rawRows(70, 1);
  const before = sequence.forecast(rows);
  for (const row of [1, 15, 16, 40, 69]) {
    const altered = rows.slice();
    altered.fill(-1, row * config.features, (row + 1) * config.features);
    const after = sequence.forecast(altered);
    const at = row * config.horizons.length;
    t.deepEqual(after.mean.subarray(0, at), before.mean.subarray(0, at), `row ${row}`);
    t.deepEqual(after.logScale.subarray(0, at), before.logScale.subarray(0, at), `row ${row}`);
    t.notDeepEqual(after.mean.subarray(at, at + 3), before.mean.subarray(at, at + 3), `row ${row} itself`);
  }
});

test('each symbol has its own state, whatever the order of steps', (t) => {
  const policy = written(t);
  const [first, second] = [rawRows(20, 1), rawRows(20, 2)];
  const alone = new StepForecaster(policy, 1);
  const expectedFirst = stepped(alone, 0, first);
  alone.reset();
  const expectedSecond = stepped(alone, 0, second);
  const shared = new StepForecaster(policy, 2);
  const actual = [first, second].map(() => ({ mean: [] as number[], logScale: [] as number[] }));
  for (let row = 0; row < 20; row++) {
    [first, second].forEach((rows, symbolId) => {
      const one = stepped(shared, symbolId, rows.subarray(row * config.features, (row + 1) * config.features));
      actual[symbolId]?.mean.push(...one.mean);
      actual[symbolId]?.logScale.push(...one.logScale);
    });
  }
  t.deepEqual(actual, [expectedFirst, expectedSecond]);
});

test('where the provider of the configuration is not to be had, the CPU serves the same bits and says why', (t) => {
  const policy = written(t);
  const reasons: string[] = [];
  const asked = new StepForecaster(policy, 1, { provider: 'cuda', onFallback: (reason) => reasons.push(reason) });
  if (reasons.length === 0) {
    t.pass('SKIP: a GPU serves here');
    return;
  }
  t.regex(reasons.join(), /^cuda cannot be used, the CPU computes instead: /);
  t.deepEqual(stepped(asked, 0, rawRows(7, 1)), stepped(new StepForecaster(policy, 1), 0, rawRows(7, 1)));
});

test('reset forgets', (t) => {
  const forecaster = new StepForecaster(written(t), 1);
  const rows = rawRows(7, 1);
  const before = stepped(forecaster, 0, rows);
  t.notDeepEqual(stepped(forecaster, 0, rows), before);
  forecaster.reset();
  t.deepEqual(stepped(forecaster, 0, rows), before);
});

test('the scaler is applied: a value beyond the clip is as good as one at it', (t) => {
  const forecaster = new StepForecaster(written(t), 2);
  const at = stepped(forecaster, 0, Float32Array.from([3, 1, 2, 3, 4]));
  t.deepEqual(stepped(forecaster, 1, Float32Array.from([1000, 1, 2, 3, 4])), at);
  forecaster.reset();
  t.notDeepEqual(stepped(forecaster, 1, Float32Array.from([2.9, 1, 2, 3, 4])), at);
});

test('a value that is not a number comes out as one that is not a number', (t) => {
  const { mean } = stepped(new StepForecaster(written(t), 1), 0, Float32Array.from([Number.NaN, 1, 2, 3, 4]));
  t.true(mean.every(Number.isNaN));
});

test('a row or a symbol that does not exist is refused', (t) => {
  const forecaster = new StepForecaster(written(t), 1);
  const out = new Forecast(3);
  t.throws(() => forecaster.step(0, new Float32Array(4), out), { message: /has 4 values, the policy's model takes 5/ });
  t.throws(() => forecaster.step(1, new Float32Array(5), out), { message: /symbol id 1 of 1/ });
});

test('the same parts and weights give the same bytes', (t) => {
  const [first, second] = [written(t), written(t)];
  t.is(first.digest, second.digest);
  t.deepEqual(first.models, second.models);
});

test('a changed byte is refused, naming the file and both digests', (t) => {
  const { directory, manifest } = written(t);
  appendFileSync(path.join(directory, 'step.onnx'), '\0');
  const { message } = t.throws(() => loadPolicy(directory));
  t.regex(message, /step\.onnx: digest differs from the one in policy\.json \(sha256:[0-9a-f]{64}\)/);
  t.true(message.includes(manifest.files['step.onnx']));
});

test('a missing file is refused by name', (t) => {
  const { directory } = written(t);
  rmSync(path.join(directory, 'sequence.onnx'));
  t.throws(() => loadPolicy(directory), { message: /sequence\.onnx: cannot be read \(ENOENT\)/ });
  t.throws(() => loadPolicy(path.join(directory, 'none')), {
    message: /none\/policy\.json: cannot be read \(ENOENT\)/,
  });
});

test('a manifest that contradicts itself is refused', (t) => {
  const { directory, manifest } = written(t);
  const rewrite = (change: object) =>
    writeFileSync(path.join(directory, 'policy.json'), canonicalJson({ ...manifest, ...change }));
  rewrite({ featureNames: ['a'] });
  t.throws(() => loadPolicy(directory), { message: /featureNames has 1 entries, exactly model\.features \(5\)/ });
  rewrite({ planner: { ...manifest.planner, horizon: 3 } });
  t.throws(() => loadPolicy(directory), { message: /planner\.horizon is too large \(3\), at most 2 is allowed/ });
  rewrite({ surplus: 1 });
  t.throws(() => loadPolicy(directory), { message: /surplus is not a known field/ });
});

test('a model that does not keep the contract is refused by what it lacks', (t) => {
  const policy = written(t);
  const swapped = { ...policy, models: { step: policy.models.sequence, sequence: policy.models.step } };
  t.throws(() => new StepForecaster(swapped, 1), { message: /"features" has shape \[-1,-1,5\], \[-1,5\] is required/ });
  const other = { ...policy, manifest: { ...policy.manifest, model: { ...config, horizons: [1] } } };
  t.throws(() => new StepForecaster(other, 1), { message: /"forecast" has shape \[-1,3,2\], \[-1,1,2\] is required/ });
});

test('policy.json is canonical: sorted keys, one newline at the end', (t) => {
  const text = readFileSync(path.join(written(t).directory, 'policy.json'), 'utf8');
  t.is(text, canonicalJson(JSON.parse(text)));
  t.is(
    canonicalJson({ b: [{ d: 1, c: 2 }], a: null }),
    '{\n  "a": null,\n  "b": [\n    {\n      "c": 2,\n      "d": 1\n    }\n  ]\n}\n',
  );
});
