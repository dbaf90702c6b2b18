/**
 * A proposal: a branch that changes what one environment trades, or under which limits and configuration, with a signed
 * statement of who asks for which slot. Verdicts and approvals are added to the branch; what is merged holds all of it.
 */
import { gateCatalog } from '../../gates/catalog.ts';
import { signStatement } from '../../gates/evidence.ts';
import { judgedParts } from '../../gates/inputs.ts';
import type { SigningKey } from '../../gates/keys.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { configPath, evidencePath, limitsPath } from '../../runtime/evidence/layout.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import { type CandidateFiles, judge, type Refusal, readCandidate } from '../environment/candidate.ts';
import { git } from '../environment/git.ts';
import { policyChanges } from '../environment/policy-files.ts';
import { withRendered } from '../environment/rendered.ts';
import {
  createBranch,
  type EnvironmentRepository,
  fetchHead,
  branch as mainBranch,
  transact,
} from '../environment/repository.ts';
import { type SlotAtCommit, slotAt } from '../environment/slot.ts';
import { proposal } from '../environment/statements.ts';
import { commitFiles, readAt } from '../environment/tree.ts';
import { evidenceFile, readEvidence } from './evidence.ts';
import { askedParts } from './proposal.ts';
import { changedParts, type SlotPart } from './rules.ts';

/** What is to change; at least one of them. */
export interface Wanted {
  /** Folder with policy.json, sequence.onnx, step.onnx. */
  readonly policyDir?: string;
  /** Artifact with its models, by digest: Git then holds its policy.json alone. */
  readonly policyImage?: string;
  readonly limits?: Uint8Array;
  readonly config?: Uint8Array;
  /** Branch of the remote that holds the change already, such as one of `runtime/`. */
  readonly branch?: string;
}

export interface ProposeOptions {
  readonly repository: EnvironmentRepository;
  readonly environment: string;
  readonly wanted: Wanted;
  /** Whose proposal it is: the author never approves it. */
  readonly author: SigningKey;
  readonly because: string;
  readonly trust: TrustRoot;
  readonly clock: Clock;
}

export interface Proposed {
  readonly branch: string;
  readonly head: string;
  /** Commit of `main` that it was made on. */
  readonly base: string;
  readonly slot: Slot;
  readonly before: SlotAtCommit;
  readonly changes: readonly SlotPart[];
}

export type ProposeOutcome =
  /** `already`: the same proposal is there; nothing was changed. */
  | (Proposed & { readonly outcome: 'proposed' | 'already' })
  | { readonly outcome: 'refused'; readonly refusals: readonly Refusal[] };

/** What a proposal would be: commits that no ref points to. */
export interface Draft extends Proposed {
  readonly candidate: CandidateFiles | undefined;
}

/** Proposes, or says why not. Throws when the machinery fails. */
export async function propose(options: ProposeOptions): Promise<ProposeOutcome> {
  const { repository } = options;
  const draft = await draftOf(options);
  if ('refusals' in draft) return { outcome: 'refused', refusals: draft.refusals };
  const { branch } = draft;
  if (await createBranch(repository, branch, draft.head)) return { ...draft, outcome: 'proposed' };
  return transact<ProposeOutcome>(
    repository,
    async (head) => {
      const file = evidencePath(options.environment, draft.slot.policy);
      const text = String((await readAt(repository.work, head, file)) ?? '');
      const there = readEvidence(text, file, options.trust, options.clock.nowUs()).proposal?.statement.predicate.slot;
      if (JSON.stringify(there) === JSON.stringify(draft.slot)) {
        return { outcome: { ...draft, head, outcome: 'already' } };
      }
      const changes = new Map([[file, evidenceFile(await draftEvidence(options, draft, head))]]);
      const commit = await commitFiles(repository.work, {
        base: head,
        changes,
        message: messageOf(draft, options.because),
        timeUs: options.clock.nowUs(),
      });
      return { push: { head: commit }, outcome: { ...draft, head: commit, outcome: 'proposed' } };
    },
    branch,
  );
}

/** Makes the proposal's commit on the remote's `main`, and tells what it changes. */
export async function draftOf(options: ProposeOptions): Promise<Draft | { readonly refusals: readonly Refusal[] }> {
  const { repository, environment, wanted, clock } = options;
  const { work } = repository;
  const main = await fetchHead(repository, mainBranch);
  const base = wanted.branch === undefined ? main : await fetchHead(repository, wanted.branch);
  let candidate: CandidateFiles | undefined;
  const changes = new Map<string, Uint8Array | null>();
  if (wanted.policyDir !== undefined) {
    const read = readCandidate(wanted.policyDir);
    if ('refusals' in read) return read;
    candidate = read;
    for (const change of await policyChanges(work, main, environment, read, wanted.policyImage)) changes.set(...change);
  }
  if (wanted.limits !== undefined) changes.set(limitsPath(environment), wanted.limits);
  if (wanted.config !== undefined) changes.set(configPath(environment), wanted.config);

  const before = await slotAt(work, main, environment);
  const timeUs = clock.nowUs();
  const message = `Propose a change of ${environment}`;
  if (before.policy === null && candidate === undefined) {
    const because = `${environment} trades nothing, so nothing has to be approved: change the file in a pull request`;
    return { refusals: [{ reason: 'CANDIDATE_INVALID', because }] };
  }
  // Verdicts and approvals on what trades now do not speak about what is proposed: the evidence begins anew.
  const policy = candidate?.policy ?? (before.policy as string);
  changes.set(evidencePath(environment, policy), new Uint8Array());
  const all = await withRendered(work, base, environment, changes);
  const changed = await commitFiles(work, { base, changes: all, message, timeUs });
  const slot = (await slotAt(work, changed, environment)) as Slot;
  const parts = await askedParts(work, main, changed, changedParts(before, slot), environment);
  if (parts.length === 0) {
    const because = `${environment} trades exactly this already: ${digest12(policy)} under the same limits and configuration`;
    return { refusals: [{ reason: 'NOTHING_CHANGES', because }] };
  }
  const branch = wanted.branch ?? `promote/${environment}/${digest12(sha256Of(JSON.stringify(slot)))}`;
  const draft = { branch, head: changed, base: main, slot, before, changes: parts, candidate };
  all.set(evidencePath(environment, policy), evidenceFile(await draftEvidence(options, draft, main)));
  const rendered = await withRendered(work, base, environment, all);
  const head = await commitFiles(work, { base, changes: rendered, message: messageOf(draft, options.because), timeUs });
  return { ...draft, head };
}

/** The signed proposal, and what of today's evidence speaks about the proposed slot, too. */
async function draftEvidence(options: ProposeOptions, draft: Draft, parent: string): Promise<string[]> {
  const { repository, environment, author, because, trust, clock } = options;
  const { slot, changes, base } = draft;
  const unsigned = proposal(slot, changes, because, parent, clock.nowUs());
  return [
    await signStatement(unsigned, author),
    ...(await carriedOver(repository.work, base, slot, environment, changes, trust, clock.nowUs())),
  ];
}

/** Verdicts on the same policy whose claim is about no part that changes, and how the policy was trained. */
async function carriedOver(
  work: string,
  base: string,
  slot: Slot,
  environment: string,
  changes: readonly SlotPart[],
  trust: TrustRoot,
  nowUs: number,
): Promise<string[]> {
  const file = evidencePath(environment, slot.policy);
  const text = changes.includes('policy') ? '' : String((await readAt(work, base, file)) ?? '');
  const { verdicts, provenance } = readEvidence(text, file, trust, nowUs);
  const kept = verdicts.filter((line) => {
    const judged = judge([line], slot, trust, nowUs);
    return 'refusals' in judged && judged.refusals.every(({ reason }) => reason === 'GATE_MISSING');
  });
  return provenance === undefined ? kept : [...kept, provenance];
}

/** Gates whose claim is about a part that changes. */
export function requiredGates(changes: readonly SlotPart[]): string[] {
  const changed: readonly string[] = changes;
  return gateCatalog.filter((gate) => judgedParts(gate).some((part) => changed.includes(part))).map(({ name }) => name);
}

/** What differs between `main` and the proposal, as `git diff` shows it; binary files by name. */
export function diffOf(
  work: string,
  { base, head }: Pick<Proposed, 'base' | 'head'>,
  paths: readonly string[],
  ...flags: readonly string[]
): Promise<string> {
  return git(work, ['diff', '--no-color', '--no-ext-diff', '--no-renames', ...flags, base, head, '--', ...paths]);
}

function messageOf({ slot, before, changes }: Draft, because: string): string {
  const what = changes.includes('policy') ? `policy ${digest12(slot.policy)}` : changes.join(' and ');
  return [
    `Propose ${what} for ${slot.environment}`,
    '',
    because,
    '',
    ...changes.map((part) => `  ${part.padEnd(9)} ${before[part] ?? 'nothing'} -> ${slot[part]}`),
  ].join('\n');
}
