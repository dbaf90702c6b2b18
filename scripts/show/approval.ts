/** What an environment's repository says of a policy: its promotion, its gates, its entries in the ledger. */
import type { LedgerEntry } from '../../policies/ledger/ledger.ts';
import { type PolicyManifest, type Slot, slotParts } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import { approvedPath, evidencePath } from '../../runtime/evidence/layout.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import { predicateTypes, type TestResultStatement } from '../../runtime/evidence/statement.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import { parseManifest } from '../../runtime/evidence/verify-slot.ts';
import { ledgerAt, tagName } from '../environment/record.ts';
import { type EnvironmentRepository, remoteRef } from '../environment/repository.ts';
import { slotAt } from '../environment/slot.ts';
import { readAt } from '../environment/tree.ts';

export type SignedVerdict = TestResultStatement['predicate']['verdict'];

export interface Approval {
  /** Signed verdicts whose signature holds under the trust root, in the evidence file's order. */
  readonly verdicts: readonly SignedVerdict[];
  /** Lines of the evidence file that do not hold, each in a sentence. */
  readonly unsound: readonly string[];
  /** The ledger's entries about the policy in this environment, oldest first. */
  readonly ledger: readonly Pick<LedgerEntry, 'seq' | 'timeUs' | 'kind' | 'commit' | 'because'>[];
}

/**
 * Evidence and history of a policy at a commit; both empty for a policy that was never promoted there.
 * @throws Error when the ledger is not sound: nothing may be told from one that was edited
 */
export async function approvalOf(
  { work }: EnvironmentRepository,
  head: string,
  environment: string,
  policy: string,
  trust: TrustRoot,
): Promise<Approval> {
  const file = evidencePath(environment, policy);
  const text = (await readAt(work, head, file))?.toString('utf8') ?? '';
  const verdicts: SignedVerdict[] = [];
  const unsound: string[] = [];
  for (const [index, line] of text.split('\n').filter(Boolean).entries()) {
    const verified = verifyLine(line, `${file}:${index + 1}`, trust);
    if (!verified.ok) unsound.push(`${verified.problem.subject}: ${verified.problem.problem}`);
    else if (verified.statement.predicateType === predicateTypes.testResult)
      verdicts.push(verified.statement.predicate.verdict);
  }
  const { entries } = await ledgerAt(work, head, trust.ledgerHead);
  const ledger = entries.filter((entry) => entry.environment === environment && entry.policy === policy);
  return {
    verdicts,
    unsound,
    ledger: ledger.map(({ seq, timeUs, kind, commit, because }) => ({ seq, timeUs, kind, commit, because })),
  };
}

/** The manifest of an approved policy at a commit. @throws Error when its file is missing, changed or no manifest */
export async function approvedManifest(work: string, head: string, policy: string): Promise<PolicyManifest> {
  const file = `${approvedPath(policy)}/policy.json`;
  const bytes = (await readAt(work, head, file)) ?? Buffer.alloc(0);
  const problems: Problem[] = [];
  const actual = sha256Of(bytes);
  if (actual !== policy)
    problems.push({ subject: file, problem: 'digest differs from its name', actual, allowed: policy });
  const manifest = parseManifest(bytes, file, problems);
  if (manifest === undefined || problems.length > 0) throw new Error(problems.map(problemLine).join('\n'));
  return manifest;
}

export interface PromotionOfSlot {
  readonly commit: string;
  /** null when the remote has no such tag, which `npm run verify` reports. */
  readonly tag: string | null;
  readonly ledgerSeq: number;
}

/**
 * The promotion that approved exactly this slot: policy, image, limits and configuration together, for the same policy
 * may have been promoted again under others. The latest one, where there are several.
 */
export async function promotionOf(
  repository: EnvironmentRepository,
  head: string,
  slot: Slot,
  trust: TrustRoot,
): Promise<PromotionOfSlot | undefined> {
  const { work } = repository;
  const { entries } = await ledgerAt(work, head, trust.ledgerHead);
  const promotions = entries.filter(
    ({ kind, environment, policy }) =>
      kind === 'promoted' && environment === slot.environment && policy === slot.policy,
  );
  for (const { seq, commit } of promotions.reverse()) {
    if (commit === null) continue;
    const then = await slotAt(work, commit, slot.environment);
    if (slotParts.some((name) => then[name] !== slot[name])) continue;
    const tag = tagName(slot.environment, seq, slot.policy);
    const there = (await remoteRef(repository, `refs/tags/${tag}`)) !== undefined;
    return { commit, tag: there ? tag : null, ledgerSeq: seq };
  }
  return undefined;
}
