/**
 * What happens once a proposal is merged, one writer at a time: evidence is verified as any reader would, the ledger is
 * extended, and the label is set on the commit that brought the slot. Branches never touch the ledger, so proposals never
 * conflict on it.
 */
import { gateCatalog } from '../../gates/catalog.ts';
import type { LedgerEntry, LedgerEvent } from '../../policies/ledger/ledger.ts';
import { standing } from '../../policies/ledger/standing.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, environmentPath, evidencePath } from '../../runtime/evidence/layout.ts';
import { problemLine } from '../../runtime/evidence/problem.ts';
import { type LedgerHead, loadTrust, type TrustRoot } from '../../runtime/evidence/trust.ts';
import { git } from '../environment/git.ts';
import { labelRef, ledgerAt, recordEvents, tagName } from '../environment/record.ts';
import { type EnvironmentRepository, transact } from '../environment/repository.ts';
import { slotAt, verifySlotAt } from '../environment/slot.ts';
import { readAt } from '../environment/tree.ts';
import { type Keys, rememberLedgerHead } from '../environment/trust.ts';
import { readEvidence } from './evidence.ts';
import { askedParts, environmentsAt } from './proposal.ts';
import { changedParts, judgeApprovals, missingApprovals, rulesAt } from './rules.ts';

export interface TagOptions {
  readonly repository: EnvironmentRepository;
  readonly keys: Pick<Keys, 'promoter'>;
  readonly trustPath: string;
  readonly clock: Clock;
}

export type Tagged =
  /** `already`: the label is on this slot; nothing was changed. */
  | {
      readonly outcome: 'tagged' | 'already';
      readonly environment: string;
      readonly commit: string;
      readonly tag: string;
      readonly ledgerSeq: number;
      readonly slot: Slot;
    }
  | { readonly outcome: 'nothing'; readonly environment: string }
  | { readonly outcome: 'refused'; readonly environment: string; readonly missing: readonly string[] };

/** Labels what `main` holds, environment by environment; one whose evidence is not whole is refused and named. */
export async function tagMain(options: TagOptions): Promise<readonly Tagged[]> {
  const { repository, trustPath } = options;
  const planned = await transact<Labelling>(repository, async (base) => {
    const labelling = await labelsFor(options, base);
    const { head, refs } = labelling;
    return refs.length === 0 ? { outcome: labelling } : { push: { head, refs }, outcome: labelling };
  });
  if (planned.ledgerHead !== undefined) rememberLedgerHead(trustPath, planned.ledgerHead);
  return planned.tagged;
}

export interface Labelling {
  readonly tagged: readonly Tagged[];
  /** Commit that holds the extended ledger; the given one when nothing was to be labelled. */
  readonly head: string;
  readonly refs: readonly string[];
  readonly ledgerHead?: LedgerHead;
}

/** Prepares ledger entries and labels on top of `commit`, for every environment whose slot has none. */
export async function labelsFor(
  { repository, keys, trustPath, clock }: TagOptions,
  commit: string,
): Promise<Labelling> {
  const { work } = repository;
  const trust = loadTrust(trustPath);
  const tagged: Tagged[] = [];
  const refs: string[] = [];
  let head = commit;
  let ledgerHead: LedgerHead | undefined;
  for (const environment of await environmentsAt(work, commit)) {
    const current = await slotAt(work, head, environment);
    if (current.policy === null) {
      tagged.push({ outcome: 'nothing', environment });
      continue;
    }
    const slot: Slot = { ...current, policy: current.policy };
    const ledger = await ledgerAt(work, head, trust.ledgerHead);
    const { holder, promotions } = standing(ledger.entries, environment);
    const evidence = (await readAt(work, head, evidencePath(environment, slot.policy))) ?? Buffer.alloc(0);
    const promoted = promotions.at(-1)?.entry;
    // The same evidence is not enough: code or limits may have changed under it since.
    const labelled = holder?.policy === slot.policy && promoted?.evidence === sha256Of(evidence);
    if (labelled && holder.commit !== null && (await verifySlotAt(work, head, slot, trust, promoted?.timeUs)).ok) {
      const tag = tagName(environment, holder.seq, slot.policy);
      tagged.push({ outcome: 'already', environment, commit: holder.commit, tag, ledgerSeq: holder.seq, slot });
      continue;
    }
    const brought = await broughtBy(work, head, slot);
    const missing = await missingEvidence(work, head, brought, slot, trust, clock.nowUs());
    if (missing.length > 0) {
      tagged.push({ outcome: 'refused', environment, missing });
      continue;
    }
    const events = await promotionEvents(work, brought, slot, holder, evidence, trust, clock.nowUs());
    const recorded = await recordEvents(work, head, ledger.text, events);
    const entry = recorded.entries.at(-1) as LedgerEntry;
    const { tag, ref } = await labelRef(work, keys, entry, slot);
    tagged.push({ outcome: 'tagged', environment, commit: brought, tag, ledgerSeq: entry.seq, slot });
    refs.push(ref);
    ({ head, ledgerHead } = recorded);
  }
  return { tagged, head, refs, ...(ledgerHead === undefined ? {} : { ledgerHead }) };
}

/** The commit on `main` itself, merges included, that last changed what makes up the slot. */
function broughtBy(work: string, head: string, { environment, policy }: Slot): Promise<string> {
  const paths = [environmentPath(environment), approvedPath(policy), evidencePath(environment, policy), 'runtime'];
  return git(work, ['log', '-1', '--first-parent', '-m', '--format=%H', head, '--', ...paths]);
}

/** What the slot at `head` lacks to be the default, a sentence each; the rules are those that held before it came. */
async function missingEvidence(
  work: string,
  head: string,
  brought: string,
  slot: Slot,
  trust: TrustRoot,
  nowUs: number,
): Promise<string[]> {
  const { environment, policy } = slot;
  // What is not recorded yet has no time but the present: an expired key cannot claim an earlier one.
  const verified = await verifySlotAt(work, head, slot, trust, nowUs);
  const missing = verified.ok ? [] : verified.problems.map(problemLine);
  const file = evidencePath(environment, policy);
  const { proposal, approvers } = readEvidence(String((await readAt(work, head, file)) ?? ''), file, trust, nowUs);
  if (verified.ok && verified.slot !== null) {
    for (const { name } of gateCatalog) {
      if (!verified.gates.includes(name)) missing.push(`${file}: lacks a passed verdict of gate ${name}`);
    }
  }
  const before = await git(work, ['rev-parse', '--verify', `${brought}^1`]);
  const rules = await rulesAt(work, before);
  if (proposal === undefined) return [...missing, `${file}: holds no signed proposal, so nobody can tell its author`];
  // Computed, not read from the proposal: an author who left a part out would ask fewer people.
  const parts = changedParts(await slotAt(work, before, environment), slot);
  const changes = await askedParts(work, before, head, parts, environment);
  const judged = judgeApprovals(rules, environment, changes, proposal.author, approvers);
  return [...missing, ...missingApprovals(judged)];
}

async function promotionEvents(
  work: string,
  commit: string,
  slot: Slot,
  holder: LedgerEntry | undefined,
  evidence: Buffer,
  trust: TrustRoot,
  timeUs: number,
): Promise<LedgerEvent[]> {
  const { environment, policy } = slot;
  const { proposal, approvers } = readEvidence(
    evidence.toString('utf8'),
    evidencePath(environment, policy),
    trust,
    timeUs,
  );
  const changes = proposal?.statement.predicate.changes ?? [];
  const rules = await rulesAt(work, commit);
  const named = (keyId: string): string => {
    const person = Object.entries(rules.people).find(([, { keys }]) => keys.includes(keyId))?.[0];
    return person === undefined ? `key ${digest12(keyId)}` : `${person} (key ${digest12(keyId)})`;
  };
  const event = (kind: LedgerEvent['kind'], because: string): LedgerEvent => ({
    timeUs,
    kind,
    environment,
    policy,
    evidence: sha256Of(evidence),
    commit,
    restores: null,
    because,
  });
  const author = proposal === undefined ? 'nobody' : named(proposal.author);
  return [
    event('gated', `passed ${gateCatalog.map(({ name }) => name).join(', ')}`),
    event('approved', `by ${approvers.map(named).join(', ')}`),
    event(
      'promoted',
      `${changes.join(', ')} proposed by ${author} (${proposal?.statement.predicate.because}); replaces ${holder?.policy ?? 'nothing'}`,
    ),
  ];
}
