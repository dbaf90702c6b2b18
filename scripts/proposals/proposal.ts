/** A proposal as it stands: what it would make of `main`, what evidence is there, and what is missing. */
import { standing } from '../../policies/ledger/standing.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import type { Slot } from '../../runtime/contract.ts';
import { basePath, environmentPath, evidencePath, pointerPath } from '../../runtime/evidence/layout.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import { judge, type Refusal } from '../environment/candidate.ts';
import { git } from '../environment/git.ts';
import { ledgerAt } from '../environment/record.ts';
import { withRendered } from '../environment/rendered.ts';
import { type EnvironmentRepository, fetchHead } from '../environment/repository.ts';
import { type SlotAtCommit, slotAt } from '../environment/slot.ts';
import { commitTree, composeTree, filesAt, idsAt, readAt } from '../environment/tree.ts';
import { type ProposedEvidence, readEvidence, unsound } from './evidence.ts';
import {
  type ApprovalJudgement,
  changedParts,
  judgeApprovals,
  missingApprovals,
  rulesAt,
  rulesPath,
  type SlotPart,
} from './rules.ts';
import { soakOf } from './soak.ts';

export interface Standing {
  readonly branch: string;
  readonly environment: string;
  /** Heads of the branch and of `main` that were looked at. */
  readonly head: string;
  readonly main: string;
  /** What merging it now would make of `main`; no ref points to it. */
  readonly merged: string;
  /** Files that it changes. */
  readonly files: readonly string[];
  readonly before: SlotAtCommit;
  readonly slot: Slot;
  readonly changes: readonly SlotPart[];
  readonly evidenceFile: string;
  readonly evidence: ProposedEvidence;
  readonly approvals: ApprovalJudgement;
  /** Why it cannot be merged yet, or ever. */
  readonly missing: readonly Refusal[];
}

/** Looks at a proposal of an environment. @throws InputError when the branch is no proposal for it */
export async function standingOf(
  repository: EnvironmentRepository,
  branch: string,
  environment: string,
  trust: TrustRoot,
  nowUs: number,
): Promise<Standing> {
  const { work } = repository;
  const head = await fetchHead(repository, branch);
  const main = await fetchHead(repository);
  const { merged, files, conflicts } = await mergedWith(work, main, head, branch, nowUs);
  const before = await slotAt(work, main, environment);
  const slot = await slotAt(work, merged, environment);
  if (slot.policy === null) {
    throw new InputError(`${branch}: names no policy for ${environment}, so there is nothing to approve`);
  }
  const target: Slot = { ...slot, policy: slot.policy };
  const changes = await askedParts(work, main, merged, changedParts(before, target), environment);
  const evidenceFile = evidencePath(environment, target.policy);
  const text = String((await readAt(work, head, evidenceFile)) ?? '');
  const evidence = readEvidence(text, evidenceFile, trust, nowUs);
  const rules = await rulesAt(work, main);
  const asked = changes.length > 0 ? changes : (evidence.proposal?.statement.predicate.changes ?? []);
  const approvals = judgeApprovals(rules, environment, asked, evidence.proposal?.author, evidence.approvers);
  const known = {
    branch,
    environment,
    head,
    main,
    merged,
    files,
    before,
    slot: target,
    changes: asked,
    evidenceFile,
    evidence,
    approvals,
  };
  return { ...known, missing: [...conflicts, ...(await missingOf(work, known, rules, trust, nowUs))] };
}

type Known = Omit<Standing, 'missing'>;

async function missingOf(
  work: string,
  known: Known,
  rules: Awaited<ReturnType<typeof rulesAt>>,
  trust: TrustRoot,
  nowUs: number,
): Promise<Refusal[]> {
  const { environment, slot, evidence, evidenceFile, main, merged, files, changes, approvals } = known;
  const missing: Refusal[] = [];
  const refuse = (reason: Refusal['reason'], because: string): void => {
    missing.push({ reason, because });
  };
  for (const file of files) {
    if (file === rulesPath || file.startsWith('policies/ledger')) {
      refuse('EVIDENCE_INVALID', `${file}: is changed by the proposal; only a pull request of its own may change it`);
    }
  }
  for (const file of await notRendered(work, merged, environment)) {
    refuse('EVIDENCE_INVALID', `${file}: is not what the documents render to; \`npm run render\` writes it`);
  }
  const wrong = unsound(evidence);
  if (wrong !== undefined) refuse('EVIDENCE_INVALID', wrong);
  const { proposal } = evidence;
  if (proposal === undefined) {
    refuse('EVIDENCE_INVALID', `${evidenceFile}: holds no signed proposal; \`npm run promote\` writes it`);
  } else {
    for (const part of Object.keys(slot) as (keyof Slot)[]) {
      const proposed = proposal.statement.predicate.slot[part];
      if (proposed === slot[part]) continue;
      refuse('GATE_OUTDATED', `${part} is ${slot[part]} by now, the proposal was made for ${proposed}: propose again`);
    }
  }
  const judged = judge(evidence.verdicts, slot, trust, nowUs);
  if ('refusals' in judged) missing.push(...judged.refusals);
  if (evidence.provenance === undefined) {
    refuse('GATE_MISSING', `${evidenceFile}: does not say how the policy was trained`);
  }
  for (const because of approvals.enough ? [] : approvals.ignored)
    refuse('NEEDS_PEOPLE', `an approval counts for nothing: ${because}`);
  for (const because of missingApprovals(approvals)) refuse('NEEDS_PEOPLE', because);

  const { entries } = await ledgerAt(work, main, trust.ledgerHead);
  const soak = rules.environments[environment]?.soak ?? null;
  if (soak !== null && changes.includes('policy')) {
    const found = soakOf(entries, soak, slot.policy, nowUs);
    if (found.leftHours > 0) refuse('NOT_SOAKED', found.because);
  }
  const { held } = standing(entries, environment);
  if (held !== undefined && approvals.asked.every(({ given }) => given.length === 0)) {
    refuse('ON_HOLD', `promotion in ${environment} is on hold since ledger entry ${held.seq} (${held.because})`);
  }
  return missing;
}

/**
 * Of the parts that change, those that somebody has to decide about. Manifests follow from policy, limits and configuration:
 * where only they changed with them, and nothing that people write about the platform did, nobody is asked twice.
 */
export async function askedParts(
  work: string,
  before: string,
  after: string,
  parts: readonly SlotPart[],
  environment: string,
): Promise<readonly SlotPart[]> {
  if (!parts.includes('manifests') || parts.every((part) => part === 'manifests' || part === 'image')) return parts;
  const written = [`${environmentPath(environment)}/platform.yaml`, basePath];
  const [was, is] = await Promise.all([idsAt(work, before, written), idsAt(work, after, written)]);
  const same = was.size === is.size && [...was].every(([file, id]) => is.get(file) === id);
  return same ? parts.filter((part) => part !== 'manifests') : parts;
}

/** Rendered files of the environment at a commit that are not what its documents render to. */
async function notRendered(work: string, commit: string, environment: string): Promise<string[]> {
  const rendered = await withRendered(work, commit, environment, new Map());
  const found: string[] = [];
  const there = await filesAt(work, commit, [...rendered.keys()]);
  for (const [file, bytes] of rendered) {
    const is = there.get(file);
    if (bytes === null ? is !== undefined : is === undefined || !is.equals(bytes)) found.push(file);
  }
  return found;
}

/** Environments whose slot differs between two commits and in which something trades afterwards. */
export async function affectedBy(work: string, before: string, after: string): Promise<string[]> {
  const found: string[] = [];
  for (const environment of await environmentsAt(work, after)) {
    const [was, is] = [await slotAt(work, before, environment), await slotAt(work, after, environment)];
    if (is.policy !== null && changedParts(was, { ...is, policy: is.policy }).length > 0) found.push(environment);
  }
  return found;
}

/** Environments in which merging a branch now would change what trades. */
export async function affectedEnvironments(
  repository: EnvironmentRepository,
  branch: string,
  nowUs: number,
): Promise<string[]> {
  const { work } = repository;
  const [head, main] = [await fetchHead(repository, branch), await fetchHead(repository)];
  return affectedBy(work, main, (await mergedWith(work, main, head, branch, nowUs)).merged);
}

/** Names of the environments at a commit: the folders with a pointer. */
export async function environmentsAt(work: string, commit: string): Promise<string[]> {
  const listed = await idsAt(work, commit, ['environments']);
  return [...listed.keys()]
    .map((file) => file.split('/')[1] as string)
    .filter((name, index, names) => names.indexOf(name) === index && listed.has(pointerPath(name)));
}

/** `main` with what the branch changed since they parted. A file that both changed is a conflict, and stays `main`'s. */
async function mergedWith(
  work: string,
  main: string,
  head: string,
  branch: string,
  nowUs: number,
): Promise<{ merged: string; files: string[]; conflicts: Refusal[] }> {
  const parted = await git(work, ['merge-base', main, head]);
  const [ours, theirs] = await Promise.all([changesOf(work, parted, main), changesOf(work, parted, head)]);
  const conflicts: Refusal[] = [];
  const lines: string[] = [];
  for (const [file, { mode, id }] of theirs) {
    const other = ours.get(file);
    if (other !== undefined && other.id !== id) {
      const because = `${file}: was changed on main since ${branch} left it; propose again on the new main`;
      conflicts.push({ reason: 'SUPERSEDED', because });
    } else lines.push(`${mode === '000000' ? '0' : mode} ${id}\t${file}`);
  }
  const tree = await composeTree(work, main, lines);
  const merged = await commitTree(work, tree, [main, head], `Merge ${branch}`, nowUs);
  return { merged, files: [...theirs.keys()], conflicts };
}

async function changesOf(work: string, from: string, to: string): Promise<Map<string, { mode: string; id: string }>> {
  const fields = (await git(work, ['diff-tree', '-r', '-z', '--no-renames', from, to])).split('\0');
  const found = new Map<string, { mode: string; id: string }>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode = '', , id = ''] = (fields[index] as string).split(' ');
    found.set(fields[index + 1] as string, { mode, id });
  }
  return found;
}
