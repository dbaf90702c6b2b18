/** Writes a policy as files: policy.json, sequence.onnx, step.onnx. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type PolicyManifest, policyManifest } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { sequenceModel, stepModel } from './export.ts';
import type { Weights } from './parameters.ts';

/** Everything that the weights do not say themselves. */
export type ManifestParts = Omit<PolicyManifest, 'schema' | 'files' | 'model'>;

export interface WrittenPolicy {
  readonly directory: string;
  readonly manifest: PolicyManifest;
  /** "sha256:…" of policy.json: the policy's name. */
  readonly digest: string;
}

/**
 * The same parts and weights give the same bytes. policy.json is written last: a folder without it is no policy.
 * @throws ZodError when the parts do not make a valid manifest.
 */
export function writePolicy(directory: string, parts: ManifestParts, weights: Weights): WrittenPolicy {
  const models = { 'sequence.onnx': sequenceModel(weights), 'step.onnx': stepModel(weights) };
  const manifest = policyManifest.parse({
    ...parts,
    schema: 'emp/policy/v1',
    model: weights.config,
    files: { 'sequence.onnx': sha256Of(models['sequence.onnx']), 'step.onnx': sha256Of(models['step.onnx']) },
  });
  const text = canonicalJson(manifest);
  mkdirSync(directory, { recursive: true });
  for (const [name, bytes] of Object.entries(models)) writeFileSync(path.join(directory, name), bytes);
  writeFileSync(path.join(directory, 'policy.json'), text);
  return { directory, manifest, digest: sha256Of(text) };
}

/** JSON with keys in code-unit order at every depth, two spaces of indent, and a newline at the end. */
export function canonicalJson(value: unknown): string {
  return `${JSON.stringify(value, sorted, 2)}\n`;
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
