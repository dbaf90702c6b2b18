/** Reads a policy's folder and holds it to itself: manifest to schema, files to the digests that it names. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { InputError, readDocument } from '../boot/documents.ts';
import { type PolicyManifest, policyManifest } from '../contract.ts';
import { sha256Of } from '../evidence/digest.ts';

export interface LoadedPolicy {
  readonly directory: string;
  readonly manifest: PolicyManifest;
  /** "sha256:…" of policy.json's bytes: the policy's name. */
  readonly digest: string;
  /** The very bytes that were verified: a file changed later changes nothing. */
  readonly models: { readonly sequence: Uint8Array; readonly step: Uint8Array };
}

/**
 * Whether this policy may trade is not decided here: `evidence/` compares the digest with what was approved.
 * @throws InputError naming the file, and both digests where one differs.
 */
export function loadPolicy(directory: string): LoadedPolicy {
  const manifestFile = path.join(directory, 'policy.json');
  const { value: manifest, digest } = readDocument(manifestFile, policyManifest);
  assertConsistent(manifestFile, manifest);
  const model = (name: keyof PolicyManifest['files']) => readVerified(path.join(directory, name), manifest.files[name]);
  return { directory, manifest, digest, models: { sequence: model('sequence.onnx'), step: model('step.onnx') } };
}

function readVerified(file: string, expected: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new InputError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? cause})`, { cause });
  }
  const actual = sha256Of(bytes);
  if (actual === expected) return bytes;
  throw new InputError(`${file}: digest differs from the one in policy.json (${actual}), only ${expected} is allowed`);
}

/** What a schema cannot say: fields that must agree. */
function assertConsistent(file: string, { model, featureNames, scaler, planner }: PolicyManifest): void {
  const counts = {
    featureNames: featureNames.length,
    'scaler.mean': scaler.mean.length,
    'scaler.deviation': scaler.deviation.length,
  };
  for (const [field, count] of Object.entries(counts)) {
    if (count === model.features) continue;
    throw new InputError(
      `${file}: ${field} has ${count} entries, exactly model.features (${model.features}) are allowed`,
    );
  }
  if (planner.horizon >= model.horizons.length) {
    const last = model.horizons.length - 1;
    throw new InputError(`${file}: planner.horizon is too large (${planner.horizon}), at most ${last} is allowed`);
  }
}
