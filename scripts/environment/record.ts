/**
 * The serialized step behind every move of the label: ledger entries in a commit of their own, and an immutable
 * annotated tag whose message carries a signed statement over commit and slot. The signature is ours, not Git's, so
 * that setting and checking it needs neither gpg nor ssh-keygen.
 */
import { signStatement } from '../../gates/evidence.ts';
import { append, type LedgerEntry, type LedgerEvent, ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import type { Slot } from '../../runtime/contract.ts';
import { digest12 } from '../../runtime/evidence/digest.ts';
import { problemLine } from '../../runtime/evidence/problem.ts';
import type { LedgerHead } from '../../runtime/evidence/trust.ts';
import { label, labelMessage } from './statements.ts';
import { commitFiles, readAt, tagObject } from './tree.ts';
import type { Keys } from './trust.ts';

/** `APPROVED_DEFAULT/<env>/<seq>-<digest12>`; `nothing` when nothing trades. */
export function tagName(environment: string, seq: number, policy: string | null): string {
  return `APPROVED_DEFAULT/${environment}/${seq}-${policy === null ? 'nothing' : digest12(policy)}`;
}

/** The ledger's text and entries at a commit. Throws when it is not sound or does not continue from `known`. */
export async function ledgerAt(
  work: string,
  commit: string,
  known: LedgerHead | null,
): Promise<{ text: string; entries: readonly LedgerEntry[]; head: LedgerHead | null }> {
  const text = (await readAt(work, commit, ledgerPath))?.toString('utf8') ?? '';
  const verified = verifyLedger(text, known);
  if (!verified.ok) throw new InputError(verified.problems.map(problemLine).join('\n'));
  return { text, entries: verified.entries, head: verified.head };
}

export interface Recorded {
  /** Commit that holds the new ledger. */
  readonly head: string;
  readonly entries: readonly LedgerEntry[];
  readonly ledgerHead: LedgerHead;
}

/** Commits the ledger at `base` with `events` appended; no ref points to the commit yet. */
export async function recordEvents(
  work: string,
  base: string,
  text: string,
  events: readonly LedgerEvent[],
): Promise<Recorded> {
  const extended = append(text, events);
  const verified = verifyLedger(extended);
  if (!verified.ok || verified.head === null) throw new Error(`${ledgerPath}: what was just appended does not verify`);
  const entries = verified.entries.slice(-events.length);
  const last = events.at(-1) as LedgerEvent;
  const subject = `Ledger: ${events.map(({ kind }) => kind).join(', ')} in ${last.environment}`;
  const message = [subject, '', ...entries.map(({ seq, kind, because }) => `${seq} ${kind}: ${because}`)].join('\n');
  const changes = new Map([[ledgerPath, Buffer.from(extended)]]);
  const head = await commitFiles(work, { base, changes, message, timeUs: last.timeUs });
  return { head, entries, ledgerHead: verified.head };
}

/** The label's tag as a push argument `id:refs/tags/name`, and its name. */
export async function labelRef(
  work: string,
  keys: Pick<Keys, 'promoter'>,
  entry: LedgerEntry,
  slot: Slot | null,
): Promise<{ tag: string; ref: string }> {
  const { environment, seq, timeUs } = entry;
  const commit = entry.commit as string;
  const tag = tagName(environment, seq, slot?.policy ?? null);
  const line = await signStatement(label(environment, seq, commit, slot, timeUs), keys.promoter);
  const message = labelMessage(environment, seq, slot, line);
  return { tag, ref: `${await tagObject(work, commit, tag, message, timeUs)}:refs/tags/${tag}` };
}
