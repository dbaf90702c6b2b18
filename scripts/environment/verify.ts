/**
 * Whether what an environment would run is what was approved: files, signatures, gates, ledger and label together, from
 * the repository and a trust root outside it, without a network beyond the remote itself.
 */
import { gateCatalog } from '../../gates/catalog.ts';
import type { LedgerEntry } from '../../policies/ledger/ledger.ts';
import { ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { standing } from '../../policies/ledger/standing.ts';
import type { Slot } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import { evidencePath, pointerPath } from '../../runtime/evidence/layout.ts';
import type { Problem } from '../../runtime/evidence/problem.ts';
import { predicateTypes, type Statement } from '../../runtime/evidence/statement.ts';
import { type LedgerHead, loadTrust, type TrustRoot } from '../../runtime/evidence/trust.ts';
import type { ApprovedSlot } from '../../runtime/evidence/verify-slot.ts';
import { tagName } from './record.ts';
import { type EnvironmentRepository, fetchHead, fetchRef, remoteRef } from './repository.ts';
import { rollbackPath } from './rollback.ts';
import { type SlotAtCommit, slotAt, verifySlotAt } from './slot.ts';
import { isAncestor, listAt, readAt, readObjects } from './tree.ts';

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
  const { work } = repository;
  const trust = loadTrust(trustPath);
  const head = await fetchHead(repository);
  const problems: Problem[] = [];
  const report = (subject: string, problem: string, actual: string, allowed: string): void => {
    problems.push({ subject, problem, actual, allowed });
  };
  const blank = { environment, head, slot: null, approved: null, holder: null, tag: null, held: null, trustPath };

  let current: SlotAtCommit;
  try {
    current = await slotAt(work, head, environment);
  } catch (error) {
    if ((await listAt(work, head, [`environments/${environment}`])).length === 0) throw error;
    report(pointerPath(environment), 'slot cannot be read', (error as Error).message, 'an environment');
    return { ...blank, ok: false, problems, ledgerHead: null };
  }
  const verified = await verifySlotAt(work, head, current, trust);
  if (!verified.ok) problems.push(...verified.problems);
  const approved = verified.ok && verified.slot !== null ? verified : null;
  if (approved !== null) {
    for (const { name } of gateCatalog) {
      if (approved.gates.includes(name)) continue;
      report(evidencePath(approved.slot.policy), `lacks a passed verdict of gate ${name}`, 'none', 'passed');
    }
  }

  const text = (await readAt(work, head, ledgerPath))?.toString('utf8') ?? '';
  const ledger = verifyLedger(text, trust.ledgerHead);
  if (!ledger.ok) {
    problems.push(...ledger.problems);
    return { ...blank, ok: false, problems, ledgerHead: null };
  }
  const { holder = null, held = null, promotions } = standing(ledger.entries, environment);
  let tag: string | null = null;
  if ((holder?.policy ?? null) !== current.policy) {
    const allowed = `${holder?.policy ?? 'nothing'} (${ledgerPath}, entry ${holder?.seq ?? 'none'})`;
    report(
      pointerPath(environment),
      'policy is not the one that holds the label',
      `${current.policy ?? 'nothing'}`,
      allowed,
    );
  } else if (holder !== null) {
    const promoted = promotions.at(-1)?.entry;
    const actual = approved?.evidenceDigest ?? (await evidenceDigestAt(work, head, current.policy));
    if (promoted !== undefined && actual !== undefined && actual !== promoted.evidence) {
      const allowed = String(promoted.evidence);
      report(evidencePath(current.policy as string), 'digest differs from the one in the ledger', actual, allowed);
    }
    if (holder.commit === null || !(await isAncestor(work, holder.commit, head))) {
      report(
        `${ledgerPath}:${holder.seq + 1}`,
        'names a commit outside the history',
        `${holder.commit}`,
        `one before ${head}`,
      );
    }
    tag = tagName(environment, holder.seq, current.policy);
    const slot = current.policy === null ? null : ({ ...current, policy: current.policy } satisfies Slot);
    problems.push(...(await checkLabel(repository, tag, holder, slot, trust)));
    if (holder.kind === 'rolledBack') problems.push(...(await checkRollback(work, head, holder, trust)));
  }
  const ok = problems.length === 0;
  const slot = ok ? (approved?.slot ?? null) : null;
  return { ...blank, ok, problems, slot, approved: ok ? approved : null, holder, tag, held, ledgerHead: ledger.head };
}

async function evidenceDigestAt(work: string, head: string, policy: string | null): Promise<string | undefined> {
  const evidence = policy === null ? undefined : await readAt(work, head, evidencePath(policy));
  return evidence === undefined ? undefined : sha256Of(evidence);
}

/** The tag exists, is annotated, sits on the ledger's commit, and its message signs this commit with this slot. */
async function checkLabel(
  repository: EnvironmentRepository,
  tag: string,
  holder: LedgerEntry,
  slot: Slot | null,
  trust: TrustRoot,
): Promise<Problem[]> {
  const subject = `tag ${tag}`;
  const one = (problem: string, actual: string, allowed: string): Problem[] => [{ subject, problem, actual, allowed }];
  const ref = `refs/tags/${tag}`;
  const id = await remoteRef(repository, ref);
  if (id === undefined) return one('is missing', 'absent', `a tag on ${holder.commit}`);
  await fetchRef(repository, ref, id);
  const [object] = await readObjects(repository.work, [id]);
  if (object?.type !== 'tag') return one('is not annotated', object?.type ?? 'absent', 'tag');
  const [header = '', ...paragraphs] = object.bytes.toString('utf8').split('\n\n');
  const labelled = /^object ([0-9a-f]+)$/m.exec(header)?.[1] ?? 'none';
  if (labelled !== holder.commit) return one('is on another commit', labelled, String(holder.commit));

  const verified = verifyLine(paragraphs.at(-1)?.trim() ?? '', subject, trust);
  if (!verified.ok) return [verified.problem];
  const { statement } = verified;
  if (statement.predicateType !== predicateTypes.label) {
    return one('signs another kind of statement', statement.predicateType, predicateTypes.label);
  }
  const expected = { environment: holder.environment, ledgerSeq: holder.seq, commit: holder.commit, slot };
  const { predicate, subject: subjects } = statement;
  const signed = {
    environment: predicate.environment,
    ledgerSeq: predicate.ledgerSeq,
    commit: subjects[0]?.digest.gitCommit,
    slot: predicate.slot,
  };
  const [actual, allowed] = [canonical(signed), canonical(expected)];
  return actual === allowed ? [] : one('signs something else', actual, allowed);
}

/** The signed reason of a rollback is there, unchanged, and about this environment. */
async function checkRollback(work: string, head: string, holder: LedgerEntry, trust: TrustRoot): Promise<Problem[]> {
  const subject = rollbackPath(holder.environment, holder.seq);
  const one = (problem: string, actual: string, allowed: string): Problem[] => [{ subject, problem, actual, allowed }];
  const bytes = await readAt(work, head, subject);
  if (bytes === undefined) return one('is missing', 'absent', String(holder.evidence));
  if (sha256Of(bytes) !== holder.evidence) {
    return one('digest differs from the one in the ledger', sha256Of(bytes), String(holder.evidence));
  }
  const verified = verifyLine(bytes.toString('utf8').replace(/\n$/, ''), subject, trust);
  if (!verified.ok) return [verified.problem];
  const { statement } = verified;
  const about: Statement['predicateType'] = statement.predicateType;
  if (statement.predicateType !== predicateTypes.rollback) return one('is no rollback', about, predicateTypes.rollback);
  const actual = `${statement.predicate.environment}: ${statement.predicate.restores?.slot.policy ?? null}`;
  const allowed = `${holder.environment}: ${holder.policy}`;
  return actual === allowed ? [] : one('restores something else', actual, allowed);
}

/** JSON with sorted keys, to compare two values. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
