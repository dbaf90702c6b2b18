/**
 * Whether what environments would run is what was approved: files, signatures, gates, ledger and label together, from
 * the repository and a trust root outside it, without a network beyond the remote itself.
 *
 * However many environments there are, Git is started the same number of times, and the ledger is read once.
 */
import { gateCatalog } from '../../gates/catalog.ts';
import type { LedgerEntry } from '../../policies/ledger/ledger.ts';
import { ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { type Standing, standings } from '../../policies/ledger/standing.ts';
import type { Slot } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, evidencePath, pointerPath } from '../../runtime/evidence/layout.ts';
import type { Problem } from '../../runtime/evidence/problem.ts';
import { type LedgerHead, loadTrust, type TrustRoot } from '../../runtime/evidence/trust.ts';
import { type ApprovedSlot, verifySlotOf } from '../../runtime/evidence/verify-slot.ts';
import { git } from './git.ts';
import { checkLabel, checkRollback, labelRefOf, labelRefs } from './label.ts';
import { tagName } from './record.ts';
import { type EnvironmentRepository, fetchHead, fetchRefs, remoteRefs } from './repository.ts';
import { rollbackPath } from './rollback.ts';
import { filesInMemory, type SlotAtCommit, slotOf } from './slot.ts';
import { type GitObject, idsAt, readFiles, readObjects } from './tree.ts';

export interface EnvironmentReport {
  readonly environment: string;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  /** Head of the environment's repository that was looked at. */
  readonly head: string;
  /** What is approved to trade; null when nothing trades, or when there are problems. */
  readonly slot: Slot | null;
  /** Gates, approver and statements, when a policy is approved. */
  readonly approved: ApprovedSlot | null;
  /** The ledger entry that holds the label, and its tag. */
  readonly holder: LedgerEntry | null;
  readonly tag: string | null;
  readonly held: LedgerEntry | null;
  readonly trustPath: string;
  readonly ledgerHead: LedgerHead | null;
}

/** Looks at the remote's head. Throws only when the machinery fails; whatever is wrong with the content is a problem. */
export async function verifyEnvironment(
  repository: EnvironmentRepository,
  environment: string,
  trustPath: string,
): Promise<EnvironmentReport> {
  const { reports } = await verifyEnvironments(repository, trustPath, [environment]);
  return reports[0] as EnvironmentReport;
}

/** Everything of a head that verification reads, and what the remote's labels are. */
export interface Snapshot {
  readonly work: string;
  readonly head: string;
  readonly trust: TrustRoot;
  /** Object ids of what `environments/`, `policies/approved/` and `policies/evidence/` hold, by path. */
  readonly ids: ReadonlyMap<string, string>;
  readonly ledger: ReturnType<typeof verifyLedger>;
  /** Id of each label's tag, by ref. */
  readonly labels: ReadonlyMap<string, string>;
}

export interface RepositoryReport {
  readonly snapshot: Snapshot;
  readonly reports: readonly EnvironmentReport[];
}

/** Like `verifyEnvironment`, of the environments named, or of all that the head holds. */
export async function verifyEnvironments(
  repository: EnvironmentRepository,
  trustPath: string,
  only?: readonly string[],
): Promise<RepositoryReport> {
  const { work } = repository;
  const trust = loadTrust(trustPath);
  const head = await fetchHead(repository);
  const folders = ['environments', 'policies/approved', 'policies/evidence', ledgerPath];
  const ids = await idsAt(work, head, folders);
  const [runtime] = await readObjects(work, [`${head}:runtime`]);
  const rendered = new Map([...ids].filter(([file]) => file.startsWith('environments/') || file === ledgerPath));
  const files = await readFiles(work, rendered);
  const ledger = verifyLedger(files.get(ledgerPath)?.toString('utf8') ?? '', trust.ledgerHead);
  const labels = await remoteRefs(repository, labelRefs);
  const snapshot = { work, head, trust, ids, ledger, labels };

  const drafts = (only ?? environmentsIn(files.keys())).map((environment) => {
    const problems: Problem[] = [];
    return { environment, problems, current: currentSlot(files, runtime?.id, environment, head, problems) };
  });
  const all = ledger.ok ? standings(ledger.entries) : new Map<string, Standing>();
  const holders = drafts.flatMap(({ environment }) => all.get(environment)?.holder ?? []);
  const wanted = new Map([...ids].filter(wantedBy(drafts, holders)));
  const contents = new Map([...files, ...(await readFiles(work, wanted))]);
  const inMemory = filesInMemory(contents);
  const [tags, outside] = await Promise.all([
    readLabels(repository, labels, holders),
    outsideHistory(work, head, holders),
  ]);

  const reports = drafts.map(({ environment, problems, current }): EnvironmentReport => {
    const now = all.get(environment);
    const { holder = null, held = null } = now ?? {};
    const ledgerHead = ledger.ok ? ledger.head : null;
    const blank = { environment, head, slot: null, approved: null, holder, held, tag: null, trustPath, ledgerHead };
    if (current === undefined) return { ...blank, ok: false, problems };
    const recorded = now?.promotions.at(-1)?.entry.timeUs;
    const signed = recorded === undefined ? {} : { signedUs: recorded };
    const verified = verifySlotOf(inMemory, environment, trust, { ...current, ...signed });
    if (!verified.ok) problems.push(...verified.problems);
    const approved = verified.ok && verified.slot !== null ? verified : null;
    if (approved !== null) problems.push(...missingGates(approved));
    if (!ledger.ok) return { ...blank, ok: false, problems: [...problems, ...ledger.problems] };
    problems.push(...checkStanding(now, current, approved, contents, { head, outside, tags, trust }));
    const ok = problems.length === 0;
    const tag =
      holder === null || holder.policy !== current.policy ? null : tagName(environment, holder.seq, current.policy);
    const slot = ok ? (approved?.slot ?? null) : null;
    return { ...blank, ok, problems, slot, approved: ok ? approved : null, tag };
  });
  return { snapshot, reports };
}

/** Environments by their pointer, whether or not anything trades in them. */
export function environmentsIn(files: Iterable<string>): string[] {
  const names = [...files].flatMap((file) => /^environments\/([a-z][a-z0-9-]*)\/policy\.yaml$/.exec(file)?.[1] ?? []);
  return names.sort();
}

/** Undefined, with the reason in `problems`, when the slot cannot be read. Throws when there is no such environment. */
function currentSlot(
  files: ReadonlyMap<string, Buffer>,
  runtime: string | undefined,
  environment: string,
  head: string,
  problems: Problem[],
): SlotAtCommit | undefined {
  try {
    return slotOf(files, runtime, environment, head);
  } catch (error) {
    if (![...files.keys()].some((file) => file.startsWith(`environments/${environment}/`))) throw error;
    const actual = (error as Error).message;
    problems.push({
      subject: pointerPath(environment),
      problem: 'slot cannot be read',
      actual,
      allowed: 'an environment',
    });
    return undefined;
  }
}

/** Whether a file below `policies/` is one that a pointer or a rollback of these environments names. */
function wantedBy(
  drafts: readonly { readonly environment: string; readonly current: SlotAtCommit | undefined }[],
  holders: readonly LedgerEntry[],
): (file: readonly [string, string]) => boolean {
  const folders = new Set<string>();
  const files = new Set(
    holders.filter(({ kind }) => kind === 'rolledBack').map((h) => rollbackPath(h.environment, h.seq)),
  );
  for (const { environment, current } of drafts) {
    if (current?.policy == null) continue;
    folders.add(approvedPath(current.policy));
    files.add(evidencePath(environment, current.policy));
  }
  return ([file]) => files.has(file) || folders.has(file.split('/', 3).join('/'));
}

/** Tag objects of entries' labels, by ref; absent where the remote has none. */
export async function readLabels(
  repository: EnvironmentRepository,
  labels: ReadonlyMap<string, string>,
  entries: readonly LedgerEntry[],
): Promise<ReadonlyMap<string, GitObject>> {
  const refs = new Map(
    entries.map(labelRefOf).flatMap((ref) => (labels.has(ref) ? [[ref, labels.get(ref) as string] as const] : [])),
  );
  await fetchRefs(repository, refs);
  if (refs.size === 0) return new Map();
  const objects = await readObjects(repository.work, [...refs.values()]);
  return new Map([...refs.keys()].flatMap((ref, index) => (objects[index] ? [[ref, objects[index]] as const] : [])));
}

/** Commits that entries name and that are not part of the head's history. */
export async function outsideHistory(
  work: string,
  head: string,
  entries: readonly LedgerEntry[],
): Promise<ReadonlySet<string | null>> {
  const named = [...new Set(entries.flatMap(({ commit }) => commit ?? []))];
  const input = named.map((commit) => `${commit}\n`).join('');
  if (named.length === 0) return new Set([null]);
  const [listed, checked] = await Promise.all([
    git(work, ['rev-list', '--ignore-missing', '--stdin', '--not', head], { input }),
    git(work, ['cat-file', '--batch-check'], { input }),
  ]);
  const absent = named.filter((_, index) => !/ commit \d+$/.test(checked.split('\n')[index] ?? ''));
  return new Set([null, ...listed.split('\n'), ...absent]);
}

function missingGates(approved: ApprovedSlot): Problem[] {
  const subject = evidencePath(approved.slot.environment, approved.slot.policy);
  return gateCatalog
    .filter(({ name }) => !approved.gates.includes(name))
    .map(({ name }) => ({
      subject,
      problem: `lacks a passed verdict of gate ${name}`,
      actual: 'none',
      allowed: 'passed',
    }));
}

interface Surroundings {
  readonly head: string;
  readonly outside: ReadonlySet<string | null>;
  readonly tags: ReadonlyMap<string, GitObject>;
  readonly trust: TrustRoot;
}

/** The pointer is at what the ledger says holds the label, its evidence is the recorded one, and the label is sound. */
function checkStanding(
  now: Standing | undefined,
  current: SlotAtCommit,
  approved: ApprovedSlot | null,
  files: ReadonlyMap<string, Buffer>,
  { head, outside, tags, trust }: Surroundings,
): Problem[] {
  const problems: Problem[] = [];
  const { environment, policy } = current;
  const holder = now?.holder;
  if ((holder?.policy ?? null) !== policy) {
    const allowed = `${holder?.policy ?? 'nothing'} (${ledgerPath}, entry ${holder?.seq ?? 'none'})`;
    const problem = 'policy is not the one that holds the label';
    return [{ subject: pointerPath(environment), problem, actual: policy ?? 'nothing', allowed }];
  }
  if (holder === undefined) return [];
  const recorded = now?.promotions.at(-1)?.entry.evidence;
  if (policy !== null && recorded != null) {
    const subject = evidencePath(environment, policy);
    const bytes = files.get(subject);
    const actual = approved?.evidenceDigest ?? (bytes === undefined ? undefined : sha256Of(bytes));
    if (actual !== undefined && actual !== recorded) {
      problems.push({ subject, problem: 'digest differs from the one in the ledger', actual, allowed: recorded });
    }
  }
  if (outside.has(holder.commit)) {
    const subject = `${ledgerPath}:${holder.seq + 1}`;
    const problem = 'names a commit outside the history';
    problems.push({ subject, problem, actual: `${holder.commit}`, allowed: `one before ${head}` });
  }
  const slot = policy === null ? null : { ...current, policy };
  problems.push(...checkLabel(tags.get(labelRefOf(holder)), holder, slot, trust));
  if (holder.kind === 'rolledBack') {
    problems.push(...checkRollback(files.get(rollbackPath(environment, holder.seq)), holder, trust));
  }
  return problems;
}
