/** What is added to a proposal's branch: verdicts by the gates, approvals by people, and last the signed promotion. */
import { signStatement } from '../../gates/evidence.ts';
import type { SigningKey } from '../../gates/keys.ts';
import type { Clock } from '../../runtime/clock.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath } from '../../runtime/evidence/layout.ts';
import { problemLine } from '../../runtime/evidence/problem.ts';
import { predicateTypes } from '../../runtime/evidence/statement.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { parseManifest } from '../../runtime/evidence/verify-slot.ts';
import { judge, type Refusal } from '../environment/candidate.ts';
import { withRendered } from '../environment/rendered.ts';
import { type EnvironmentRepository, type Plan, transact } from '../environment/repository.ts';
import { verifySlotAt } from '../environment/slot.ts';
import { approval, promotion, provenance, type RequiredLine } from '../environment/statements.ts';
import { commitFiles, readAt } from '../environment/tree.ts';
import type { Keys } from '../environment/trust.ts';
import { evidenceFile } from './evidence.ts';
import { type Standing, standingOf } from './proposal.ts';
import { personOf, rulesAt } from './rules.ts';

export interface AdvanceOptions {
  readonly repository: EnvironmentRepository;
  readonly environment: string;
  readonly branch: string;
  readonly trustPath: string;
  readonly clock: Clock;
}

export type AdvanceOutcome =
  | {
      /** `already`: what was to be added is there; nothing was changed. */
      readonly outcome: 'added' | 'already';
      readonly head: string;
      /** What is missing before it can be merged, once this is there. */
      readonly missing: readonly Refusal[];
    }
  | { readonly outcome: 'refused'; readonly refusals: readonly Refusal[] };

/** Lines to add, or why not; none: they are there already. */
type Addition =
  | { readonly lines: readonly string[]; readonly message: string }
  | { readonly refusals: readonly Refusal[] };

/** Adds the gates' signed verdicts, and how the policy was trained. A verdict that did not pass is refused, with its reason. */
export function attest(
  options: AdvanceOptions & { readonly verdicts: readonly string[]; readonly gateKey: SigningKey },
): Promise<AdvanceOutcome> {
  return advance(options, async ({ evidence, slot, head }) => {
    const fresh = options.verdicts.filter((line) => !evidence.verdicts.includes(line));
    const judged = judge([...evidence.verdicts, ...fresh], slot, loadTrust(options.trustPath), options.clock.nowUs());
    const refusals = 'refusals' in judged ? judged.refusals.filter(({ reason }) => reason !== 'GATE_MISSING') : [];
    if (refusals.length > 0) return { refusals };
    if (fresh.length > 0 && evidence.approvers.length > 0) {
      return { refusals: [{ reason: 'EVIDENCE_INVALID', because: 'it is approved on the evidence that it has' }] };
    }
    const lines = [...fresh];
    if (evidence.provenance === undefined) {
      const file = `${approvedPath(slot.policy)}/policy.json`;
      const bytes = (await readAt(options.repository.work, head, file)) ?? Buffer.alloc(0);
      const problems: Parameters<typeof parseManifest>[2] = [];
      const manifest = parseManifest(bytes, file, problems);
      if (manifest === undefined) {
        return { refusals: problems.map((found) => ({ reason: 'CANDIDATE_INVALID', because: problemLine(found) })) };
      }
      lines.push(await signStatement(provenance(manifest, slot.policy), options.gateKey));
    }
    return { lines, message: `Evidence of ${fresh.length} gates for ${options.environment}` };
  });
}

/** Adds an approval of the whole slot. Refused while evidence is missing, to the author, and to whom nobody asked. */
export function approve(options: AdvanceOptions & { readonly approver: SigningKey }): Promise<AdvanceOutcome> {
  return advance(options, async ({ evidence, slot, missing, main, approvals }) => {
    const { keyId } = options.approver;
    if (evidence.approvers.includes(keyId)) return { lines: [], message: '' };
    const rules = await rulesAt(options.repository.work, main);
    const person = personOf(rules, keyId);
    const people = (because: string): Addition => ({ refusals: [{ reason: 'NEEDS_PEOPLE', because }] });
    if (person === undefined) return people(`key ${digest12(keyId)} belongs to nobody whom the rules name`);
    const author = evidence.proposal?.author;
    if (author !== undefined && (author === keyId || personOf(rules, author) === person)) {
      return people(`${person} is the author, who never approves`);
    }
    if (!approvals.asked.some(({ candidates, given }) => [...candidates, ...given].includes(person))) {
      return people(`${person} is in none of the groups asked`);
    }
    if (approvals.asked.some(({ given }) => given.includes(person))) return people(`${person} has approved already`);
    const open = missing.filter(({ reason }) => reason !== 'NEEDS_PEOPLE' && reason !== 'ON_HOLD');
    if (open.length > 0) return { refusals: open };
    const unsigned = approval(slot, evidence.inputs, keyId, options.clock.nowUs());
    return {
      lines: [await signStatement(unsigned, options.approver)],
      message: `${person} approves ${digest12(slot.policy)} for ${options.environment}`,
    };
  });
}

/** Signs the promotion when nothing is missing: from then on the branch may be merged, by whoever may. */
export function seal(options: AdvanceOptions & { readonly keys: Keys }): Promise<AdvanceOutcome> {
  const { keys, clock, repository, trustPath } = options;
  return advance(options, async ({ evidence, slot, before, main, merged, missing, evidenceFile: file }) => {
    if (evidence.sealed) return { lines: [], message: '' };
    if (missing.length > 0) return { refusals: missing };
    const timeUs = clock.nowUs();
    const lines: string[] = [];
    let { required }: { required: readonly RequiredLine[] } = evidence;
    if (evidence.approvers.length === 0) {
      // The rules ask nobody: that every gate passed is the approval.
      const line = await signStatement(approval(slot, evidence.inputs, keys.approver.keyId, timeUs), keys.approver);
      lines.push(line);
      required = [...required, { line: sha256Of(line), predicateType: predicateTypes.approval, name: 'approval' }];
    }
    lines.push(await signStatement(promotion(slot, before.policy, main, required, timeUs), keys.promoter));
    const changes = new Map([[file, evidenceFile([...evidence.lines, ...lines])]]);
    const trial = await commitFiles(repository.work, { base: merged, changes, message: 'trial', timeUs });
    const verified = await verifySlotAt(repository.work, trial, slot, loadTrust(trustPath));
    if (!verified.ok) {
      const refusals = verified.problems.map((found) => ({
        reason: 'EVIDENCE_INVALID' as const,
        because: problemLine(found),
      }));
      return { refusals };
    }
    return { lines, message: `Approved for ${options.environment}: ${digest12(slot.policy)}` };
  });
}

/** Adds lines to the evidence on the branch's head, again on the new one when another writer was faster. */
function advance(
  { repository, environment, branch, trustPath, clock }: AdvanceOptions,
  add: (standing: Standing) => Promise<Addition>,
): Promise<AdvanceOutcome> {
  const { work } = repository;
  return transact<AdvanceOutcome>(
    repository,
    async (head): Promise<Plan<AdvanceOutcome>> => {
      const trust = loadTrust(trustPath);
      const now = await standingOf(repository, branch, environment, trust, clock.nowUs());
      const addition = await add({ ...now, head });
      if ('refusals' in addition) return { outcome: { outcome: 'refused', refusals: addition.refusals } };
      if (addition.lines.length === 0) return { outcome: { outcome: 'already', head, missing: now.missing } };
      if (now.evidence.sealed) {
        const because = `${now.evidenceFile}: the promotion is signed; nothing may be added any more`;
        return { outcome: { outcome: 'refused', refusals: [{ reason: 'EVIDENCE_INVALID', because }] } };
      }
      const { message } = addition;
      const bytes = evidenceFile([...now.evidence.lines, ...addition.lines]);
      const changes = await withRendered(work, head, environment, new Map([[now.evidenceFile, bytes]]));
      const commit = await commitFiles(work, { base: head, changes, message, timeUs: clock.nowUs() });
      return { push: { head: commit }, outcome: { outcome: 'added', head: commit, missing: [] } };
    },
    branch,
  ).then(async (outcome) => {
    if (outcome.outcome !== 'added') return outcome;
    const { missing } = await standingOf(repository, branch, environment, loadTrust(trustPath), clock.nowUs());
    return { ...outcome, missing };
  });
}
