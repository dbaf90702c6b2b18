import { truncateSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { add } from '../policies/graph/ops.ts';
import { readDocument } from '../runtime/boot/documents.ts';
import { runtimeConfig } from '../runtime/contract.ts';
import { candidateWith, loudWeights, stepWith } from './planted-policy.ts';
import { replaySmoke } from './replay-smoke.ts';
import { contextOf } from './testing.ts';

test.serial('passes a policy that trades, wherever the venue of its environment is', async (t) => {
  const file = path.join(import.meta.dirname, '../environments/live/config.yaml');
  const config = readDocument(file, runtimeConfig).value;
  t.true(config.venue.declaredLive && config.venue.host !== '127.0.0.1');
  const verdict = await replaySmoke.run(candidateWith(t), contextOf({ config }));
  t.log(verdict.because, verdict.measured);
  t.is(verdict.status, 'passed', verdict.because);
  t.true((verdict.measured['fills'] as number) > 0);
});

test.serial('passes a policy that wants too much certainty ever to trade', async (t) => {
  const { manifest } = candidateWith(t);
  const planner = { ...manifest.planner, confidence: 1e6 };
  const verdict = await replaySmoke.run(candidateWith(t, { manifest: { planner } }), contextOf());
  t.is(verdict.status, 'passed', verdict.because);
  t.deepEqual([verdict.measured['fills'], verdict.measured['pnlUsd']], [0, 0]);
});

test.serial('planted: a step model that says NaN', async (t) => {
  const step = stepWith(loudWeights(), { forecast: (x) => add(x, x.graph.scalar(Number.NaN)) });
  const verdict = await replaySmoke.run(candidateWith(t, { step }), contextOf());
  t.is(verdict.status, 'failed');
  t.is(verdict.because, 'the runtime stopped trading: MODEL_INSANE (a forecast of NaN volatility units)');
});

test.serial('planted: a truncated model', async (t) => {
  const candidate = candidateWith(t);
  const file = path.join(candidate.directory, 'step.onnx');
  truncateSync(file, 1000);
  const verdict = await replaySmoke.run(candidate, contextOf());
  t.is(verdict.status, 'failed');
  t.true(
    verdict.because.startsWith(
      `the runtime refuses it at boot: ${file}: digest differs from the one in policy.json (sha256:`,
    ),
  );
});

test.serial('planted: a model that no engine loads, under a true digest', async (t) => {
  const verdict = await replaySmoke.run(candidateWith(t, { step: new Uint8Array(1000) }), contextOf());
  t.is(verdict.status, 'failed');
  t.regex(verdict.because, /^the runtime cannot run it: a model of 1000 bytes: the inference engine cannot load it/);
});
