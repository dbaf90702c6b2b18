/** Merges a proposal into a plain remote: pointer, evidence, approval, ledger and label in one atomic push. */

import { digest12 } from '../../runtime/evidence/digest.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import type { Refusal } from '../environment/candidate.ts';
import { git } from '../environment/git.ts';
import { fetchHead, type Plan, transact } from '../environment/repository.ts';
import { commitTree, isAncestor } from '../environment/tree.ts';
import { rememberLedgerHead } from '../environment/trust.ts';
import { affectedBy, type Standing, standingOf } from './proposal.ts';
import { personOf, rulesAt } from './rules.ts';
import { type Labelling, labelsFor, type Tagged, type TagOptions, tagMain } from './tag.ts';

export interface MergeOptions extends TagOptions {
  readonly branch: string;
  readonly environment: string;
}

export type MergeOutcome =
  | { readonly outcome: 'merged' | 'already'; readonly commit: string; readonly tagged: readonly Tagged[] }
  | { readonly outcome: 'refused'; readonly refusals: readonly Refusal[] };

interface Planned {
  readonly result: MergeOutcome;
  readonly labelling?: Labelling;
}

/** Merges, or says what is missing. Somebody else's proposal that came first makes this one a conflict, which is told. */
export async function merge(options: MergeOptions): Promise<MergeOutcome> {
  const { repository, branch, environment, trustPath, clock } = options;
  const { work } = repository;
  const planned = await transact<Planned>(repository, async (main): Promise<Plan<Planned>> => {
    const head = await fetchHead(repository, branch);
    if (await isAncestor(work, head, main))
      return { outcome: { result: { outcome: 'already', commit: main, tagged: [] } } };
    const standing = await standingOf(repository, branch, environment, loadTrust(trustPath), clock.nowUs());
    const refusals = [...standing.missing];
    if (!standing.evidence.sealed) {
      refusals.push({ reason: 'EVIDENCE_INVALID', because: `${branch}: the promotion is not signed yet` });
    }
    if (refusals.length > 0) return { outcome: { result: { outcome: 'refused', refusals } } };

    const tree = await git(work, ['rev-parse', `${standing.merged}^{tree}`]);
    const commit = await commitTree(work, tree, [main, head], await messageOf(work, standing), clock.nowUs());
    const labelling = await labelsFor(options, commit);
    for (const affected of await affectedBy(work, main, commit)) {
      const tagged = labelling.tagged.find((found) => found.environment === affected);
      if (tagged?.outcome !== 'refused') continue;
      for (const because of tagged.missing)
        refusals.push({ reason: 'EVIDENCE_INVALID', because: `${affected}: ${because}` });
    }
    if (refusals.length > 0) return { outcome: { result: { outcome: 'refused', refusals } } };
    const result = { outcome: 'merged' as const, commit, tagged: labelling.tagged };
    return { push: { head: labelling.head, refs: labelling.refs }, outcome: { result, labelling } };
  });
  if (planned.labelling?.ledgerHead !== undefined) rememberLedgerHead(trustPath, planned.labelling.ledgerHead);
  // Merged by somebody else, perhaps with a button: the label may still be missing.
  if (planned.result.outcome === 'already') return { ...planned.result, tagged: await tagMain(options) };
  return planned.result;
}

async function messageOf(
  work: string,
  { branch, environment, slot, main, evidence, changes }: Standing,
): Promise<string> {
  const rules = await rulesAt(work, main);
  const named = (keyId: string) => `${personOf(rules, keyId) ?? 'automation'} (key ${digest12(keyId)})`;
  const { proposal, approvers } = evidence;
  return [
    `Merge ${branch}`,
    '',
    `${environment} trades ${slot.policy}; what changes: ${changes.join(', ')}.`,
    `Proposed by ${proposal === undefined ? 'nobody' : named(proposal.author)}: ${proposal?.statement.predicate.because}`,
    `Approved by ${approvers.map(named).join(', ')}.`,
  ].join('\n');
}
