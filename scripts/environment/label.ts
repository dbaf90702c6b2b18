/** Whether the label's tag and a rollback's statement say what the ledger says: signed, unchanged, about this and no other. */
import type { LedgerEntry } from '../../policies/ledger/ledger.ts';
import type { Slot } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import type { Problem } from '../../runtime/evidence/problem.ts';
import { predicateTypes, type Statement } from '../../runtime/evidence/statement.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import { tagName } from './record.ts';
import { rollbackPath } from './rollback.ts';
import { labelMessage } from './statements.ts';
import { type GitObject, tagText } from './tree.ts';

/** Pattern of all labels' refs. */
export const labelRefs = 'refs/tags/APPROVED_DEFAULT/*';

/** The ref of the label that an entry (a promotion or a rollback) set. */
export function labelRefOf({ environment, seq, policy }: LedgerEntry): string {
  return `refs/tags/${tagName(environment, seq, policy)}`;
}

/**
 * The tag of an entry exists, is annotated, sits on the entry's commit, and its message signs this commit.
 * @param slot what it must sign; undefined: whatever it signs, when it is about the entry's policy
 */
export function checkLabel(
  object: GitObject | undefined,
  entry: LedgerEntry,
  slot: Slot | null | undefined,
  trust: TrustRoot,
): Problem[] {
  const name = tagName(entry.environment, entry.seq, entry.policy);
  const subject = `tag ${name}`;
  const one = (problem: string, actual: string, allowed: string): Problem[] => [{ subject, problem, actual, allowed }];
  if (object === undefined) return one('is missing', 'absent', `a tag on ${entry.commit}`);
  if (object.type !== 'tag') return one('is not annotated', object.type, 'tag');
  const [header = '', ...paragraphs] = object.bytes.toString('utf8').split('\n\n');
  const labelled = /^object ([0-9a-f]+)$/m.exec(header)?.[1] ?? 'none';
  if (labelled !== entry.commit) return one('is on another commit', labelled, String(entry.commit));
  const named = /^tag (.+)$/m.exec(header)?.[1] ?? 'none';
  if (named !== name) return one('names itself differently', named, name);

  const verified = verifyLine(paragraphs.at(-1)?.replace(/\n$/, '') ?? '', subject, trust, entry.timeUs);
  if (!verified.ok) return [verified.problem];
  const { statement } = verified;
  if (statement.predicateType !== predicateTypes.label) {
    return one('signs another kind of statement', statement.predicateType, predicateTypes.label);
  }
  const { predicate, subject: subjects } = statement;
  const { environment, ledgerSeq } = predicate;
  const signed = { environment, ledgerSeq, commit: subjects[0]?.digest.gitCommit, slot: predicate.slot };
  const wanted = slot === undefined ? predicate.slot : slot;
  const expected = { environment: entry.environment, ledgerSeq: entry.seq, commit: entry.commit, slot: wanted };
  const [actual, allowed] = [canonical(signed), canonical(expected)];
  if (actual !== allowed) return one('signs something else', actual, allowed);
  const policy = predicate.slot?.policy ?? null;
  if (policy !== entry.policy) return one('is about another policy', String(policy), String(entry.policy));
  const message = labelMessage(environment, ledgerSeq, predicate.slot, paragraphs.at(-1)?.trimEnd() ?? '');
  const text = tagText(labelled, name, message, entry.timeUs);
  if (text !== object.bytes.toString('utf8')) {
    return one('is not written canonically', sha256Of(object.bytes), sha256Of(text));
  }
  return [];
}

/** The signed reason of a rollback is there, unchanged, and about this environment. */
export function checkRollback(bytes: Buffer | undefined, entry: LedgerEntry, trust: TrustRoot): Problem[] {
  const subject = rollbackPath(entry.environment, entry.seq);
  const one = (problem: string, actual: string, allowed: string): Problem[] => [{ subject, problem, actual, allowed }];
  if (bytes === undefined) return one('is missing', 'absent', String(entry.evidence));
  if (sha256Of(bytes) !== entry.evidence) {
    return one('digest differs from the one in the ledger', sha256Of(bytes), String(entry.evidence));
  }
  const verified = verifyLine(bytes.toString('utf8').replace(/\n$/, ''), subject, trust, entry.timeUs);
  if (!verified.ok) return [verified.problem];
  const { statement } = verified;
  const about: Statement['predicateType'] = statement.predicateType;
  if (statement.predicateType !== predicateTypes.rollback) return one('is no rollback', about, predicateTypes.rollback);
  const actual = `${statement.predicate.environment}: ${statement.predicate.restores?.slot.policy ?? null}`;
  const allowed = `${entry.environment}: ${entry.policy}`;
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
