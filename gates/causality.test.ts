import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { stepModel } from '../policies/model/export.ts';
import { sha256Of } from '../runtime/evidence/digest.ts';
import { causality } from './causality.ts';
import { altered, candidateWith, loudWeights, sequenceWith, withNextRow } from './planted-policy.ts';
import { contextOf } from './testing.ts';

function folderWith(t: ExecutionContext, source: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-features-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'planted.mjs'), source);
  return folder;
}

const head = `name: 'planted', unit: 'test', bounds: { min: -1e12, max: 1e12 }`;
const sound = `export const feature = { ${head}, column: (rows) => rows.map((_, i) => rows[Math.max(0, i - 1)].bidLots) };`;
const leaking = `export const feature = { ${head}, column: (rows) => rows.map((_, i) => rows[i + 1]?.midHalfTicks ?? 0) };`;

test('passes a sound policy and a sound feature from a folder', async (t) => {
  const verdict = await causality.run(candidateWith(t), contextOf({ features: folderWith(t, sound) }));
  t.is(verdict.status, 'passed', verdict.because);
  t.is(verdict.measured['features'], 16);
  t.is(verdict.measured['symbols'], 3);
  t.true((verdict.measured['events'] as number) > 1000);
  t.true((verdict.measured['rows'] as number) >= 256);
});

test('planted: a feature that reads the next row', async (t) => {
  const verdict = await causality.run(candidateWith(t), contextOf({ features: folderWith(t, leaking) }));
  t.is(verdict.status, 'failed');
  t.regex(
    verdict.because,
    /^feature "planted" looks ahead: on SIM-S its value at event \d+ went from \d+ to \d+ when only events after \d+ were changed$/,
  );
});

test('planted: a sequence model whose forecast at t uses a thousandth of the row at t + 1', async (t) => {
  const leak = sequenceWith(loudWeights(), withNextRow);
  const verdict = await causality.run(candidateWith(t, { sequence: leak }), contextOf());
  t.is(verdict.status, 'failed');
  t.regex(
    verdict.because,
    /^sequence.onnx looks ahead: its forecast of row \d+ went from \S+ to \S+ when only rows from \d+ on were changed$/,
  );
});

test('planted: a sequence model that says something else than the step model', async (t) => {
  const other = stepModel(altered(loudWeights(), 'layer0.decay', 1.5));
  const verdict = await causality.run(candidateWith(t, { step: other }), contextOf());
  t.is(verdict.status, 'failed');
  t.regex(verdict.because, /^sequence.onnx does not say what step.onnx says, which sees no later row: they differ by/);
});

test('planted: a policy of other features', async (t) => {
  const verdict = await causality.run(
    candidateWith(t, { manifest: { featureDigest: sha256Of('other') } }),
    contextOf(),
  );
  t.is(verdict.status, 'failed');
  t.regex(verdict.because, /^the policy was trained on other features/);
});
