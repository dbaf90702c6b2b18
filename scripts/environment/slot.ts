/** What an environment's slot is at a commit, and its pointer file. */
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';
import type { PolicyPointer, Slot } from '../../runtime/contract.ts';
import { digestOfFiles, imageDigestOfTree, sha256Of } from '../../runtime/evidence/digest.ts';
import {
  approvedPath,
  basePath,
  configPath,
  environmentPath,
  evidencePath,
  limitsPath,
  manifestsOf,
  pointerPath,
} from '../../runtime/evidence/layout.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import {
  parsePointer,
  type SlotFiles,
  type SlotVerification,
  verifySlotOf,
} from '../../runtime/evidence/verify-slot.ts';
import { filesAt, readObjects } from './tree.ts';

/** A slot whose policy may be absent: nothing trades, yet image, limits and config are there. */
export type SlotAtCommit = Omit<Slot, 'policy'> & { readonly policy: string | null };

/** The slot's digests at a commit. Throws when the environment is not there or its pointer is malformed. */
export async function slotAt(work: string, commit: string, environment: string): Promise<SlotAtCommit> {
  const [files, [runtime]] = await Promise.all([
    filesAt(work, commit, [environmentPath(environment), basePath]),
    readObjects(work, [`${commit}:runtime`]),
  ]);
  return slotOf(files, runtime?.id, environment, commit);
}

/** Like `slotAt`, of files that were read before; `runtime` is the id of the commit's `runtime/` tree. */
export function slotOf(
  files: ReadonlyMap<string, Buffer>,
  runtime: string | undefined,
  environment: string,
  commit: string,
): SlotAtCommit {
  const need = <T>(name: string, found: T | undefined): T => {
    if (found !== undefined) return found;
    throw new InputError(
      `${name}: absent at commit ${commit.slice(0, 12)}, an environment of this repository is allowed`,
    );
  };
  const file = (name: string): Buffer => need(name, files.get(name));
  const problems: Problem[] = [];
  const pointer = parsePointer(file(pointerPath(environment)), environment, problems);
  if (pointer === undefined) throw new Error(problems.map(problemLine).join('\n'));
  return {
    environment,
    policy: pointer.policy,
    image: imageDigestOfTree(need('runtime', runtime)),
    limits: sha256Of(file(limitsPath(environment))),
    config: sha256Of(file(configPath(environment))),
    manifests: digestOfFiles(manifestsOf(files, environment)),
  };
}

/** Text of `environments/<env>/policy.yaml` for a policy, or for nothing. @param image holds the policy's models, where Git does not */
export function pointerText(environment: string, policy: string | null, image?: string): string {
  const pointer: PolicyPointer = {
    policy,
    path: policy === null ? null : approvedPath(policy),
    evidence: policy === null ? null : evidencePath(environment, policy),
    ...(image === undefined ? {} : { image }),
  };
  return [
    '# yaml-language-server: $schema=../schemas/policy.schema.json',
    `# What may trade in ${environment}. Moved by promotion and rollback only.`,
    ...Object.entries(pointer).map(([name, value]) => `${name}: ${value}`),
    '',
  ].join('\n');
}

/** Folders and files, from the root, that make up a slot: all that a deployment needs of the repository. */
export function slotPaths(environment: string, policy: string | null): string[] {
  const own = [pointerPath(environment), limitsPath(environment), configPath(environment)];
  return policy === null ? own : [...own, approvedPath(policy), evidencePath(environment, policy)];
}

/**
 * Verifies the slot of a commit.
 * @param signedUs when its evidence was there, as the ledger says, or now for what is not recorded yet
 */
export async function verifySlotAt(
  work: string,
  commit: string,
  slot: SlotAtCommit,
  trust: TrustRoot,
  signedUs?: number,
): Promise<SlotVerification> {
  const files = await filesAt(work, commit, slotPaths(slot.environment, slot.policy));
  return verifySlotOf(filesInMemory(files), slot.environment, trust, {
    ...slot,
    ...(signedUs === undefined ? {} : { signedUs }),
  });
}

/** Files that were read before, as `verifySlotOf` wants them. */
export function filesInMemory(files: ReadonlyMap<string, Buffer>): SlotFiles {
  const folders = new Map<string, Set<string>>();
  for (const file of files.keys()) {
    for (let at = file; at.includes('/'); at = path.posix.dirname(at)) {
      const folder = path.posix.dirname(at);
      const names = folders.get(folder) ?? new Set();
      folders.set(folder, names.add(path.posix.basename(at)));
    }
  }
  return { read: (file) => files.get(file) ?? 'absent', list: (folder) => [...(folders.get(folder) ?? [])] };
}
