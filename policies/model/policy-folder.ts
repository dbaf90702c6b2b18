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
  return writeModels(directory, parts, weights.config, sequenceModel(weights), stepModel(weights));
}

/** The same with models that are at hand. */
export function writeModels(
  directory: string,
  parts: ManifestParts,
  model: PolicyManifest['model'],
  sequence: Uint8Array,
  step: Uint8Array,
): WrittenPolicy {
  const manifest = policyManifest.parse({
    ...parts,
    schema: 'emp/policy/v1',
    model,
    files: { 'sequence.onnx': sha256Of(sequence), 'step.onnx': sha256Of(step) },
  });
  const text = canonicalJson(manifest);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'sequence.onnx'), sequence);
  writeFileSync(path.join(directory, 'step.onnx'), step);
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
