/**
 * The ledger: what happened to which policy in which environment, append-only, each entry chained to the one before.
 *
 * Pure functions over the file's text; who stores it (a Git commit) is not this file's business. An edit, a deletion or
 * a reordering breaks the chain. A truncated or wholly rewritten ledger is sound in itself: only a head remembered
 * elsewhere shows it, so `verifyLedger` takes one.
 */
import { z } from 'zod';
import { InputError } from '../../runtime/boot/documents.ts';
import { digest } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import type { Problem } from '../../runtime/evidence/problem.ts';
import { commitId } from '../../runtime/evidence/statement.ts';
import type { LedgerHead } from '../../runtime/evidence/trust.ts';

/** Where the ledger lies, from the repository's root. */
export const ledgerPath = 'policies/ledger.jsonl';

export const ledgerKind = z.enum([
  'trained',
  'gated',
  'approved',
  'promoted',
  'verified',
  'retired',
  'rolledBack',
  'held',
  'released',
]);

const fields = {
  seq: z.int().nonnegative(),
  timeUs: z.int().nonnegative(),
  kind: ledgerKind,
  environment: z.string(),
  policy: digest.nullable().describe('null: nothing trades'),
  evidence: digest.nullable().describe('sha256 of the evidence file the entry rests on'),
  commit: commitId.nullable().describe('commit that made the change'),
  restores: z.int().nonnegative().nullable().describe('rolledBack: seq of the promotion that holds again'),
  because: z.string().describe('who or what, and why, for a person'),
  previous: digest,
};
export const ledgerEntry = z.strictObject({ ...fields, hash: digest });
export type LedgerEntry = z.infer<typeof ledgerEntry>;

/** What a writer says; the chain's own fields are added by `append`. */
export type LedgerEvent = Omit<LedgerEntry, 'seq' | 'previous' | 'hash'>;

/** `previous` of the first entry. */
export const genesis = `sha256:${'0'.repeat(64)}`;

/** How every line ends; it has the same length whatever the hash. */
const hashField = `,"hash":"${genesis}"}`;

export type LedgerVerification =
  | { readonly ok: true; readonly entries: readonly LedgerEntry[]; readonly head: LedgerHead | null }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The text with the events added, each as one line. Throws when the text is not a sound ledger. */
export function append(text: string, events: readonly LedgerEvent[]): string {
  const verified = verifyLedger(text);
  if (!verified.ok) {
    const [first] = verified.problems as [Problem];
    throw new InputError(`${first.subject}: ${first.problem} (${first.actual}), ${first.allowed} is allowed`);
  }
  let seq = verified.entries.length;
  let previous = verified.head?.hash ?? genesis;
  let extended = text;
  let latestUs = verified.entries.at(-1)?.timeUs ?? 0;
  for (const event of events) {
    // Clocks of two machines differ; the ledger's time does not go back, or an expired key could be used in the past.
    latestUs = Math.max(latestUs, event.timeUs);
    const entry = seal({ ...event, timeUs: latestUs, seq, previous });
    extended += `${JSON.stringify(entry)}\n`;
    previous = entry.hash;
    seq++;
  }
  return extended;
}

/** Checks form and chain of every line, and that the ledger continues from `known`. Stops at the first broken line. */
export function verifyLedger(text: string, known: LedgerHead | null = null): LedgerVerification {
  const refuse = (subject: string, problem: string, actual: string, allowed: string): LedgerVerification => ({
    ok: false,
    problems: [{ subject, problem, actual, allowed }],
  });
  if (text !== '' && !text.endsWith('\n')) return refuse(ledgerPath, 'last line is cut', 'no line feed', 'whole lines');

  const entries: LedgerEntry[] = [];
  let previous = genesis;
  const lines = text === '' ? [] : text.slice(0, -1).split('\n');
  for (const [seq, line] of lines.entries()) {
    const subject = `${ledgerPath}:${seq + 1}`;
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch (error) {
      return refuse(subject, 'is not JSON', (error as Error).message, 'one entry a line');
    }
    const parsed = ledgerEntry.safeParse(json);
    if (!parsed.success) return refuse(subject, 'is not a ledger entry', z.prettifyError(parsed.error), 'its fields');
    const entry = parsed.data;
    const written = JSON.stringify(ordered(entry));
    const latestUs = entries.at(-1)?.timeUs ?? 0;
    if (entry.timeUs < latestUs) return refuse(subject, 'goes back in time', `${entry.timeUs}`, `from ${latestUs} on`);
    if (entry.seq !== seq) return refuse(subject, 'is out of order', `seq ${entry.seq}`, `seq ${seq}`);
    if (entry.previous !== previous)
      return refuse(subject, 'does not follow the entry before', entry.previous, previous);
    const hash = hashOf(written);
    if (entry.hash !== hash) return refuse(subject, 'was edited', entry.hash, hash);
    if (written !== line) return refuse(subject, 'is not written canonically', line, written);
    entries.push(entry);
    previous = entry.hash;
  }

  if (known !== null) {
    const seen = entries[known.seq];
    if (seen === undefined) {
      return refuse(ledgerPath, 'is shorter than it was', `${entries.length} entries`, `at least ${known.seq + 1}`);
    }
    if (seen.hash !== known.hash) {
      return refuse(`${ledgerPath}:${known.seq + 1}`, 'is not the entry seen before', seen.hash, known.hash);
    }
  }
  return { ok: true, entries, head: headOf(entries) };
}

function headOf(entries: readonly LedgerEntry[]): LedgerHead | null {
  const last = entries.at(-1);
  return last === undefined ? null : { seq: last.seq, hash: last.hash };
}

/** The entry as it is chained; its hash is that of its line without the hash. */
function seal(body: Omit<LedgerEntry, 'hash'>): LedgerEntry {
  const entry = ordered({ ...body, hash: genesis });
  return { ...entry, hash: hashOf(JSON.stringify(entry)) };
}

/** The same entry, its fields in the one order in which they are written and hashed. */
function ordered(entry: LedgerEntry): LedgerEntry {
  const { seq, timeUs, kind, environment, policy, evidence, commit, restores, because, previous, hash } = entry;
  return { seq, timeUs, kind, environment, policy, evidence, commit, restores, because, previous, hash };
}

/** Hash of a line as `JSON.stringify` writes it: of all but its last field, which is the hash. */
function hashOf(line: string): string {
  return sha256Of(`${line.slice(0, -hashField.length)}}`);
}
