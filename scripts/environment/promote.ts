/**
 * Promotion: a candidate that passed every gate becomes what an environment trades.
 *
 * One commit moves the pointer and brings policy files and evidence; a second appends to the ledger; the tag labels the
 * first. All three arrive at the remote in one atomic push, so that a process killed at any point leaves either all of
 * it or nothing.
 */
import { gateCatalog } from '../../gates/catalog.ts';
import { signStatement, signVerdicts } from '../../gates/evidence.ts';
import type { Verdict } from '../../gates/gate.ts';
import type { LedgerEvent } from '../../policies/ledger/ledger.ts';
import { standing } from '../../policies/ledger/standing.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { evidencePath } from '../../runtime/evidence/layout.ts';
import { problemLine } from '../../runtime/evidence/problem.ts';
import { predicateTypes } from '../../runtime/evidence/statement.ts';
import { type LedgerHead, loadTrust } from '../../runtime/evidence/trust.ts';
import { type CandidateFiles, judge, type Refusal, readCandidate } from './candidate.ts';
import { policyChanges } from './policy-files.ts';
import { labelRef, ledgerAt, recordEvents, tagName } from './record.ts';
import { type EnvironmentRepository, type Plan, transact } from './repository.ts';
import { slotAt, verifySlotAt } from './slot.ts';
import { approval, promotion, provenance, type RequiredLine } from './statements.ts';
import { type Changes, commitFiles } from './tree.ts';
import { type Keys, rememberLedgerHead } from './trust.ts';

export interface PromoteOptions {
  readonly repository: EnvironmentRepository;
  readonly environment: string;
  /** Folder with policy.json, sequence.onnx, step.onnx. */
  readonly candidateDir: string;
  /** Every gate's verdict on the candidate: as values, signed here, or as lines that the gates signed. */
  readonly verdicts: readonly Verdict[] | { readonly signed: readonly string[] };
  readonly keys: Keys;
  readonly trustPath: string;
  readonly clock: Clock;
  /** A person may promote while automatic promotion is on hold. @default 'automation' */
  readonly by?: 'automation' | 'person';
  /** Show the effect, change nothing. @default false */
  readonly dryRun?: boolean;
}

/** What a promotion would do. */
export interface Effect {
  readonly slot: Slot;
  readonly replaces: string | null;
  /** Files that the promotion's commit writes, and those it removes. */
  readonly writes: readonly string[];
  readonly removes: readonly string[];
  readonly gates: readonly string[];
  readonly tag: string;
}

export interface Promotion {
  /** `already`: the environment holds exactly this slot, approved and labelled; nothing was changed. */
  readonly outcome: 'promoted' | 'already';
  /** Commit that brought the slot: the one the tag labels. */
  readonly commit: string;
  readonly tag: string;
  readonly ledgerSeq: number;
  readonly slot: Slot;
}

export type PromoteOutcome =
  | Promotion
  | { readonly outcome: 'refused'; readonly refusals: readonly Refusal[] }
  /** Another promotion moved the pointer first: this one was meant to replace what no longer trades. */
  | { readonly outcome: 'superseded'; readonly by: { readonly policy: string | null; readonly commit: string } }
  | { readonly outcome: 'dry-run'; readonly effect: Effect };

/** Environments whose approval follows from the gates alone; every other needs the word of people. */
const selfApproving: readonly string[] = ['local'];

interface Planned {
  readonly result: PromoteOutcome;
  readonly ledgerHead?: LedgerHead;
}

/** Promotes, or says why not. Throws when the ledger is not sound or the machinery fails. */
export async function promote(options: PromoteOptions): Promise<PromoteOutcome> {
  const { repository, environment, verdicts, keys, trustPath } = options;
  if (!selfApproving.includes(environment)) {
    const because = `${environment} needs approvals by people; ${selfApproving.join(', ')} alone follows from its gates`;
    return { outcome: 'refused', refusals: [{ reason: 'NEEDS_PEOPLE', because }] };
  }
  const candidate = readCandidate(options.candidateDir);
  if ('refusals' in candidate) return { outcome: 'refused', refusals: candidate.refusals };
  const signed = 'signed' in verdicts ? verdicts.signed : await signVerdicts(verdicts, candidate.policy, keys.gate);

  let first: { readonly policy: string | null } | undefined;
  const planned = await transact<Planned>(repository, async (base) => {
    const { policy } = await slotAt(repository.work, base, environment);
    first ??= { policy };
    if (policy !== first.policy && policy !== candidate.policy) {
      return { outcome: { result: { outcome: 'superseded', by: { policy, commit: base } } } };
    }
    return plan(options, candidate, signed, base);
  });
  if (planned.ledgerHead !== undefined) rememberLedgerHead(trustPath, planned.ledgerHead);
  return planned.result;
}

async function plan(
  options: PromoteOptions,
  candidate: CandidateFiles,
  signed: readonly string[],
  base: string,
): Promise<Plan<Planned>> {
  const { repository, environment, keys, clock } = options;
  const { work } = repository;
  const trust = loadTrust(options.trustPath);
  const before = await slotAt(work, base, environment);
  const slot: Slot = { ...before, policy: candidate.policy };
  const timeUs = clock.nowUs();
  const judgement = judge(signed, slot, trust, timeUs);
  if ('refusals' in judgement) return { outcome: { result: { outcome: 'refused', refusals: judgement.refusals } } };
  const { passed } = judgement;
  const ledger = await ledgerAt(work, base, trust.ledgerHead);
  const { holder, held } = standing(ledger.entries, environment);

  if (before.policy === candidate.policy && holder?.policy === candidate.policy && holder.commit !== null) {
    const verified = await verifySlotAt(work, base, before, trust);
    if (verified.ok) {
      const tag = tagName(environment, holder.seq, slot.policy);
      return { outcome: { result: { outcome: 'already', commit: holder.commit, tag, ledgerSeq: holder.seq, slot } } };
    }
  }
  if (held !== undefined && options.by !== 'person') {
    const because = `promotion in ${environment} is on hold since ledger entry ${held.seq} (${held.because}) until a person releases it`;
    return { outcome: { result: { outcome: 'refused', refusals: [{ reason: 'ON_HOLD', because }] } } };
  }

  const changes = await policyChanges(work, base, environment, candidate);
  changes.set(evidencePath(environment, candidate.policy), new Uint8Array());

  // trained, gated, approved and promoted: the last of the four is the label's entry.
  const ledgerSeq = ledger.entries.length + 3;
  if (options.dryRun === true) {
    const effect = {
      slot,
      replaces: before.policy,
      writes: [...changes].filter(([, bytes]) => bytes !== null).map(([file]) => file),
      removes: [...changes].filter(([, bytes]) => bytes === null).map(([file]) => file),
      gates: gateCatalog.map(({ name }) => name),
      tag: tagName(environment, ledgerSeq, slot.policy),
    };
    return { outcome: { result: { outcome: 'dry-run', effect } } };
  }

  const evidence = await evidenceText(candidate, slot, before.policy, signed, passed, base, keys, timeUs);
  changes.set(evidencePath(environment, candidate.policy), Buffer.from(evidence));
  const commit = await commitPromotion(work, base, slot, before.policy, changes, keys.approver.keyId, timeUs);

  const verified = await verifySlotAt(work, commit, slot, trust);
  if (!verified.ok) {
    const refusals = verified.problems.map((found) => ({
      reason: 'EVIDENCE_INVALID' as const,
      because: problemLine(found),
    }));
    return { outcome: { result: { outcome: 'refused', refusals } } };
  }

  const event = (kind: LedgerEvent['kind'], because: string): LedgerEvent => ({
    timeUs,
    kind,
    environment,
    policy: slot.policy,
    evidence: sha256Of(evidence),
    commit,
    restores: null,
    because,
  });
  const { manifest } = candidate;
  const recorded = await recordEvents(work, commit, ledger.text, [
    event('trained', `${manifest.name}, seed ${manifest.seed}, ${manifest.trials} trials, ${manifest.data.kind} data`),
    event('gated', `passed ${passed.map(({ name }) => name).join(', ')}`),
    event('approved', `by key ${digest12(keys.approver.keyId)}`),
    event('promoted', `replaces ${before.policy ?? 'nothing'}, by ${options.by ?? 'automation'}`),
  ]);
  const entry = recorded.entries.at(-1) as (typeof recorded.entries)[number];
  const { tag, ref } = await labelRef(work, keys, entry, slot);
  return {
    push: { head: recorded.head, refs: [ref] },
    outcome: {
      result: { outcome: 'promoted', commit, tag, ledgerSeq: entry.seq, slot },
      ledgerHead: recorded.ledgerHead,
    },
  };
}

/** Verdicts, provenance, approval, and last the promotion statement that requires all of them. */
async function evidenceText(
  candidate: CandidateFiles,
  slot: Slot,
  replaces: string | null,
  signed: readonly string[],
  passed: readonly RequiredLine[],
  parent: string,
  keys: Keys,
  timeUs: number,
): Promise<string> {
  const required = (line: string, predicateType: string, name: string): RequiredLine => ({
    line: sha256Of(line),
    predicateType,
    name,
  });
  const trained = await signStatement(provenance(candidate.manifest, candidate.policy), keys.gate);
  const inputs = [...passed, required(trained, predicateTypes.provenance, 'provenance')];
  const approved = await signStatement(approval(slot, inputs, keys.approver.keyId, timeUs), keys.approver);
  const requires = [...inputs, required(approved, predicateTypes.approval, 'approval')];
  const promoted = await signStatement(promotion(slot, replaces, parent, requires, timeUs), keys.promoter);
  return `${[...signed, trained, approved, promoted].join('\n')}\n`;
}

function commitPromotion(
  work: string,
  base: string,
  slot: Slot,
  replaces: string | null,
  changes: Changes,
  approver: string,
  timeUs: number,
): Promise<string> {
  const message = [
    `Promote policy ${digest12(slot.policy)} in ${slot.environment}`,
    '',
    `It replaces ${replaces ?? 'nothing'}.`,
    `Every gate passed: ${gateCatalog.map(({ name }) => name).join(', ')}.`,
    `The whole slot is approved by key ${approver}:`,
    `  policy ${slot.policy}`,
    `  image  ${slot.image}`,
    `  limits ${slot.limits}`,
    `  config ${slot.config}`,
    `  manifests ${slot.manifests}`,
  ].join('\n');
  return commitFiles(work, { base, changes, message, timeUs });
}
