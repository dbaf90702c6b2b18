/** What an environment's slot is at a commit, and its pointer file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PolicyPointer, Slot } from '../../runtime/contract.ts';
import { imageDigestOfTree, sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, configPath, evidencePath, limitsPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import { parsePointer, type SlotVerification, verifySlot } from '../../runtime/evidence/verify-slot.ts';
import { exportAt, readAt, treeIdAt } from './tree.ts';

/** A slot whose policy may be absent: nothing trades, yet image, limits and config are there. */
export type SlotAtCommit = Omit<Slot, 'policy'> & { readonly policy: string | null };

/** The slot's digests at a commit. Throws when the environment is not there or its pointer is malformed. */
export async function slotAt(work: string, commit: string, environment: string): Promise<SlotAtCommit> {
  const bytes = async (file: string): Promise<Buffer> => {
    const found = await readAt(work, commit, file);
    if (found === undefined) throw new Error(`${file}: absent at commit ${commit.slice(0, 12)}, a file is allowed`);
    return found;
  };
  const file = pointerPath(environment);
  const problems: Problem[] = [];
  const pointer = parsePointer(await bytes(file), file, problems);
  if (pointer === undefined) throw new Error(problems.map(problemLine).join('\n'));
  return {
    environment,
    policy: pointer.policy,
    image: imageDigestOfTree(await treeIdAt(work, commit, 'runtime')),
    limits: sha256Of(await bytes(limitsPath(environment))),
    config: sha256Of(await bytes(configPath(environment))),
  };
}

/** Text of `environments/<env>/policy.yaml` for a policy, or for nothing. */
export function pointerText(environment: string, policy: string | null): string {
  const pointer: PolicyPointer = {
    policy,
    path: policy === null ? null : approvedPath(policy),
    evidence: policy === null ? null : evidencePath(policy),
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
  return policy === null ? own : [...own, approvedPath(policy), evidencePath(policy)];
}

/** Verifies the slot of a commit, in a folder that is gone afterwards. */
export async function verifySlotAt(
  work: string,
  commit: string,
  slot: SlotAtCommit,
  trust: TrustRoot,
): Promise<SlotVerification> {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-slot-'));
  try {
    await exportAt(work, commit, slotPaths(slot.environment, slot.policy), folder);
    return verifySlot(folder, slot.environment, trust, { image: slot.image });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
