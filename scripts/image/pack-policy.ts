/** A policy as an OCI artifact: three files and nothing else, so that equal policies have equal digests. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';
import { imageReference } from '../../runtime/contract.ts';
import { policyFileNames } from '../../runtime/evidence/layout.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import { Buildah, requireBuildah } from './buildah.ts';

export interface PackedPolicy {
  readonly file: string;
  readonly policy: string;
  /** What an environment's pointer names, once it is pushed there. */
  readonly reference: string;
  readonly sizeBytes: number;
}

/**
 * Writes the OCI archive, whole or not at all.
 * @throws InputError when the folder holds no sound policy, or the name cannot be pushed to
 */
export async function packPolicy(directory: string, output: string, name: string): Promise<PackedPolicy> {
  const { digest: policy } = loadPolicy(directory);
  if (!imageReference.safeParse(`${name}@${policy}`).success || /:[^/]*$/.test(name)) {
    throw new InputError(`policy: --name is ${JSON.stringify(name)}, a repository without a tag is allowed`);
  }
  if (!existsSync(path.dirname(output))) {
    throw new InputError(`policy: --output is ${output}, a file in a folder that exists is allowed`);
  }
  requireBuildah('policy');
  const work = mkdtempSync(path.join(tmpdir(), 'emp-pack-'));
  try {
    const context = path.join(work, 'context');
    mkdirSync(context);
    for (const file of policyFileNames) {
      copyFileSync(path.join(directory, file), path.join(context, file));
      chmodSync(path.join(context, file), 0o644);
    }
    const containerfile = path.join(work, 'Containerfile');
    writeFileSync(containerfile, `FROM scratch\nCOPY ${policyFileNames.join(' ')} /\n`);
    const buildah = new Buildah(work);
    const tag = 'localhost/emp-policy:packed';
    await buildah.build('--identity-label=false', '--file', containerfile, '--tag', tag, context);
    const part = `${output}.part`;
    rmSync(part, { force: true });
    const digestFile = path.join(work, 'digest');
    await buildah.run('push', '--quiet', '--format', 'oci', '--digestfile', digestFile, tag, `oci-archive:${part}`);
    renameSync(part, output);
    const reference = `${name}@${readFileSync(digestFile, 'utf8').trim()}`;
    return { file: output, policy, reference, sizeBytes: statSync(output).size };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
