/**
 * Whether everything the ledger tells of is still there as it was: every label, every promotion's evidence and policy,
 * every rollback's reason; and whether there is nothing that the ledger does not tell of.
 */
import type { LedgerEntry } from '../../policies/ledger/ledger.ts';
import { ledgerPath } from '../../policies/ledger/ledger.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, evidencePath, policyFileNames } from '../../runtime/evidence/layout.ts';
import type { Problem } from '../../runtime/evidence/problem.ts';
import { parseManifest } from '../../runtime/evidence/verify-slot.ts';
import { checkLabel, checkRollback, labelRefOf } from './label.ts';
import type { EnvironmentRepository } from './repository.ts';
import { rollbackPath } from './rollback.ts';
import { readFiles } from './tree.ts';
import { outsideHistory, readLabels, type Snapshot } from './verify.ts';

/** Problems of what lies behind the present slots. A ledger that is not sound is its own problem, and the only one told. */
export async function verifyHistory(repository: EnvironmentRepository, snapshot: Snapshot): Promise<Problem[]> {
  const { work, head, ids, ledger, labels, trust } = snapshot;
  if (!ledger.ok) return [...ledger.problems];
  const moves = ledger.entries.filter(({ kind }) => kind === 'promoted' || kind === 'rolledBack');
  const own = new Map([...ids].filter(([file]) => /^policies\/(approved|evidence)\//.test(file)));
  const [files, tags, outside] = await Promise.all([
    readFiles(work, own),
    readLabels(repository, labels, moves),
    outsideHistory(work, head, moves),
  ]);

  const problems: Problem[] = [];
  for (const entry of moves) {
    problems.push(...checkLabel(tags.get(labelRefOf(entry)), entry, undefined, trust));
    if (outside.has(entry.commit)) {
      const subject = `${ledgerPath}:${entry.seq + 1}`;
      const problem = 'names a commit outside the history';
      problems.push({ subject, problem, actual: `${entry.commit}`, allowed: `one before ${head}` });
    }
    if (entry.kind !== 'rolledBack') continue;
    problems.push(...checkRollback(files.get(rollbackPath(entry.environment, entry.seq)), entry, trust));
  }
  problems.push(...checkEvidenceFiles(moves, files), ...checkPolicies(moves, files));
  problems.push(...strayLabels(moves, labels), ...strayFiles(moves, files));
  return problems;
}

/** The evidence of a promotion is as the ledger recorded it; of a policy promoted again, as one of its promotions did. */
function checkEvidenceFiles(moves: readonly LedgerEntry[], files: ReadonlyMap<string, Buffer>): Problem[] {
  const recorded = new Map<string, string[]>();
  for (const { kind, environment, policy, evidence } of moves) {
    if (kind !== 'promoted' || policy === null || evidence === null) continue;
    const file = evidencePath(environment, policy);
    recorded.set(file, [...(recorded.get(file) ?? []), evidence]);
  }
  return [...recorded].flatMap(([subject, digests]) => {
    const bytes = files.get(subject);
    const actual = bytes === undefined ? 'absent' : sha256Of(bytes);
    if (digests.includes(actual)) return [];
    return [{ subject, problem: 'digest differs from the one in the ledger', actual, allowed: digests.join(', ') }];
  });
}

/** Every policy that was ever promoted is there, and its files are the ones that its digest names. */
function checkPolicies(moves: readonly LedgerEntry[], files: ReadonlyMap<string, Buffer>): Problem[] {
  const problems: Problem[] = [];
  for (const policy of promotedPolicies(moves)) {
    const folder = approvedPath(policy);
    const hold = (name: string, allowed: string): void => {
      const bytes = files.get(`${folder}/${name}`);
      const actual = bytes === undefined ? 'absent' : sha256Of(bytes);
      const subject = `${folder}/${name}`;
      if (actual !== allowed)
        problems.push({ subject, problem: 'digest differs from the one promoted', actual, allowed });
    };
    hold('policy.json', policy);
    const bytes = files.get(`${folder}/policy.json`);
    const manifest = bytes === undefined ? undefined : parseManifest(bytes, `${folder}/policy.json`, problems);
    for (const [name, digest] of Object.entries(manifest?.files ?? {})) hold(name, digest);
  }
  return problems;
}

function promotedPolicies(moves: readonly LedgerEntry[]): Set<string> {
  return new Set(moves.flatMap(({ kind, policy }) => (kind === 'promoted' && policy !== null ? [policy] : [])));
}

function strayLabels(moves: readonly LedgerEntry[], labels: ReadonlyMap<string, string>): Problem[] {
  const known = new Set(moves.map(labelRefOf));
  return [...labels.keys()]
    .filter((ref) => !known.has(ref))
    .map((ref) => ({
      subject: `tag ${ref.replace('refs/tags/', '')}`,
      problem: 'labels what the ledger does not tell of',
      actual: 'present',
      allowed: 'one label a promotion or rollback',
    }));
}

function strayFiles(moves: readonly LedgerEntry[], files: ReadonlyMap<string, Buffer>): Problem[] {
  const known = new Set<string>();
  for (const { kind, environment, policy, seq } of moves) {
    if (kind === 'rolledBack') known.add(rollbackPath(environment, seq));
    else if (policy !== null) known.add(evidencePath(environment, policy));
  }
  for (const policy of promotedPolicies(moves)) {
    for (const name of policyFileNames) known.add(`${approvedPath(policy)}/${name}`);
  }
  return [...files.keys()]
    .filter((file) => !known.has(file) && !file.endsWith('/README.md'))
    .map((subject) => ({
      subject,
      problem: 'is told of by no ledger entry',
      actual: 'present',
      allowed: 'policies and evidence that were promoted',
    }));
}
