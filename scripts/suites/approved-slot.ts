/**
 * A slot of an environment that is approved by keys made for it: for suites about delivery, which need something that
 * may trade and not a search for it. Where gates gave no lines its verdicts are written here, not reached.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gateCatalog } from '../../gates/catalog.ts';
import { signStatement, signVerdicts } from '../../gates/evidence.ts';
import type { Slot } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, configPath, evidencePath, limitsPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { predicateTypes } from '../../runtime/evidence/statement.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import { pointerText } from '../environment/slot.ts';
import { approval, promotion, provenance, type RequiredLine } from '../environment/statements.ts';
import type { LocalTrust } from '../environment/trust.ts';

/** No image's, no manifests': where a pod is not told them, nothing holds them. */
const UNTOLD = sha256Of('told to no pod of this suite');
const TIME_US = 1_767_623_400_000_000;

const planted = gateCatalog.map(({ name }) => ({
  gate: name,
  status: 'passed' as const,
  because: 'planted for a suite about delivery',
  measured: {},
  thresholds: {},
  seconds: 0,
}));

export interface ApprovedOn {
  /** Digest of the image that pods are told to hold against the approval. */
  readonly image?: string | undefined;
  /** Signed verdicts of every gate of the catalogue, in its order. */
  readonly verdicts?: readonly string[] | undefined;
}

/**
 * Makes `policy` the one that may trade in `environment` below `root`, with its documents as they are now.
 * @returns the policy's digest
 */
export async function approveSlot(
  root: string,
  environment: string,
  policy: string,
  { keys }: LocalTrust,
  { image = UNTOLD, verdicts }: ApprovedOn = {},
): Promise<string> {
  const { digest, manifest } = loadPolicy(policy);
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  const digestOf = (file: string) => sha256Of(readFileSync(path.join(root, file)));
  const slot: Slot = {
    environment,
    policy: digest,
    image,
    limits: digestOf(limitsPath(environment)),
    config: digestOf(configPath(environment)),
    manifests: UNTOLD,
  };
  const signed = verdicts ?? (await signVerdicts(planted, digest, keys.gate));
  const required = (line: string, predicateType: string, name: string): RequiredLine => {
    return { line: sha256Of(line), predicateType, name };
  };
  const trained = await signStatement(provenance(manifest, digest), keys.gate);
  const inputs = [
    ...signed.map((line, index) => required(line, predicateTypes.testResult, gateCatalog[index]?.name as string)),
    required(trained, predicateTypes.provenance, 'provenance'),
  ];
  const approved = await signStatement(approval(slot, inputs, keys.approver.keyId, TIME_US), keys.approver);
  const requires = [...inputs, required(approved, predicateTypes.approval, 'approval')];
  const promoted = await signStatement(promotion(slot, null, '0'.repeat(40), requires, TIME_US), keys.promoter);
  cpSync(policy, path.join(root, approvedPath(digest)), { recursive: true });
  put(evidencePath(environment, digest), `${[...signed, trained, approved, promoted].join('\n')}\n`);
  put(pointerPath(environment), pointerText(environment, digest));
  return digest;
}
