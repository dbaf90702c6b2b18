/** The files by which a commit makes an environment point to a policy. */
import { approvedPath, pointerPath } from '../../runtime/evidence/layout.ts';
import type { CandidateFiles } from './candidate.ts';
import { pointerText } from './slot.ts';
import { listAt } from './tree.ts';

/**
 * Pointer and policy files; whatever else lies in the policy's folder is removed.
 * @param image OCI artifact with the models, which then are not in Git
 */
export async function policyChanges(
  work: string,
  base: string,
  environment: string,
  candidate: CandidateFiles,
  image?: string,
): Promise<Map<string, Uint8Array | null>> {
  const changes = new Map<string, Uint8Array | null>();
  const folder = approvedPath(candidate.policy);
  for (const file of await listAt(work, base, [folder])) changes.set(file, null);
  for (const [name, bytes] of candidate.files) {
    if (image === undefined || name === 'policy.json') changes.set(`${folder}/${name}`, bytes);
  }
  return changes.set(pointerPath(environment), Buffer.from(pointerText(environment, candidate.policy, image)));
}
