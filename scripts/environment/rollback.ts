/**
 * Rollback: one commit restores, byte for byte, the last slot that was verified before the present one; then the label
 * moves, and automatic promotion is on hold until a person releases it.
 *
 * Not `git revert`: that would take evidence away, and restore the previous slot where the last verified one is wanted.
 */
import { signStatement } from '../../gates/evidence.ts';
import type { LedgerEvent } from '../../policies/ledger/ledger.ts';
import { type Promoted, standing } from '../../policies/ledger/standing.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { basePath, environmentPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { problemLine } from '../../runtime/evidence/problem.ts';
import { type LedgerHead, loadTrust } from '../../runtime/evidence/trust.ts';
import { type Decision, decide, type Observed } from './decide.ts';
import { labelRef, ledgerAt, recordEvents } from './record.ts';
import { withRendered } from './rendered.ts';
import { type EnvironmentRepository, type Plan, transact } from './repository.ts';
import { pointerText, type SlotAtCommit, slotAt, slotPaths, verifySlotAt } from './slot.ts';
import { rollback as rollbackStatement } from './statements.ts';
import { commitFiles, filesAt, listAt, readObjects } from './tree.ts';
import { type Keys, rememberLedgerHead } from './trust.ts';

export interface RollbackOptions {
  readonly repository: EnvironmentRepository;
  readonly environment: string;
  readonly keys: Pick<Keys, 'promoter'>;
  readonly trustPath: string;
  readonly clock: Clock;
  readonly observed: Omit<Observed, 'nowUs'>;
  /** Who or what asks, and why: stands in commit, statement and ledger. */
  readonly because: string;
  /** @default false */
  readonly dryRun?: boolean;
}

export type RollbackOutcome =
  | (Decision & { readonly outcome: 'refused' })
  | {
      readonly outcome: 'rolled-back' | 'dry-run';
      /** Absent on a dry run. */
      readonly commit?: string;
      readonly tag?: string;
      readonly ledgerSeq?: number;
      /** What trades now; null: nothing. */
      readonly slot: Slot | null;
      /** Policies whose promotions were undone, newest first. */
      readonly undone: readonly string[];
    };

/** Where the signed statement of a rollback lies; `seq` is its ledger entry's. */
export function rollbackPath(environment: string, seq: number): string {
  return `policies/evidence/rollbacks/${environment}-${seq}.intoto.jsonl`;
}

interface Planned {
  readonly result: RollbackOutcome;
  readonly ledgerHead?: LedgerHead;
}

/** Rolls back, or says why not. Throws when the ledger is not sound or the restored slot does not verify. */
export async function rollback(options: RollbackOptions): Promise<RollbackOutcome> {
  const planned = await transact<Planned>(options.repository, (base) => plan(options, base));
  if (planned.ledgerHead !== undefined) rememberLedgerHead(options.trustPath, planned.ledgerHead);
  return planned.result;
}

async function plan(options: RollbackOptions, base: string): Promise<Plan<Planned>> {
  const { repository, environment, keys, clock, because } = options;
  const { work } = repository;
  const trust = loadTrust(options.trustPath);
  const timeUs = clock.nowUs();
  const current = await slotAt(work, base, environment);
  const ledger = await ledgerAt(work, base, trust.ledgerHead);
  const now = standing(ledger.entries, environment);
  const slots = await slotsOf(work, now.promotions, environment);
  const restorable = await restorableTo(work, base, now.promotions);
  const decision = decide(now, current, { ...options.observed, nowUs: timeUs }, ({ entry }) => {
    return slots.get(entry.seq)?.image === current.image && restorable.has(entry.commit as string);
  });
  if (decision.outcome === 'refused') return { outcome: { result: decision } };

  const { restore } = decision;
  const undone = decision.undone.map(({ entry }) => ({
    ledgerSeq: entry.seq,
    policy: entry.policy as string,
    commit: entry.commit as string,
  }));
  const target = restore === undefined ? null : (slots.get(restore.entry.seq) as Slot);
  const result = { slot: target, undone: undone.map(({ policy }) => policy).reverse() };
  if (options.dryRun === true) return { outcome: { result: { outcome: 'dry-run', ...result } } };

  const restores =
    restore === undefined || target === null ? null : { commit: restore.entry.commit as string, slot: target };
  const unsigned = rollbackStatement(environment, restores, undone, because, base, timeUs);
  const line = `${await signStatement(unsigned, keys.promoter)}\n`;
  const seq = ledger.entries.length;
  const changes = await restoredFiles(work, base, environment, restores);
  changes.set(rollbackPath(environment, seq), Buffer.from(line));
  const message = rollbackMessage(environment, target, undone, because);
  const commit = await commitFiles(work, { base, changes, message, timeUs });

  const restored = await slotAt(work, commit, environment);
  const verified = await verifySlotAt(work, commit, restored, trust, restore?.entry.timeUs);
  if (!verified.ok) {
    throw new Error(`restored slot does not verify:\n${verified.problems.map(problemLine).join('\n')}`);
  }

  const event = (kind: LedgerEvent['kind'], why: string): LedgerEvent => ({
    timeUs,
    kind,
    environment,
    policy: target?.policy ?? null,
    evidence: sha256Of(line),
    commit,
    restores: kind === 'rolledBack' ? (restore?.entry.seq ?? null) : null,
    because: why,
  });
  const recorded = await recordEvents(work, commit, ledger.text, [
    event('rolledBack', because),
    event('held', `after the rollback of ${undone.map(({ policy }) => digest12(policy)).join(', ')}`),
  ]);
  const entry = recorded.entries[0] as (typeof recorded.entries)[number];
  const { tag, ref } = await labelRef(work, keys, entry, target);
  return {
    push: { head: recorded.head, refs: [ref] },
    outcome: {
      result: { outcome: 'rolled-back', commit, tag, ledgerSeq: entry.seq, ...result },
      ledgerHead: recorded.ledgerHead,
    },
  };
}

async function slotsOf(
  work: string,
  promotions: readonly Promoted[],
  environment: string,
): Promise<Map<number, SlotAtCommit>> {
  const slots = new Map<number, SlotAtCommit>();
  for (const { entry, verified } of promotions) {
    if (verified) slots.set(entry.seq, await slotAt(work, entry.commit as string, environment));
  }
  return slots;
}

/** Commits of promotions on the `environments/base` of today: it is shared, so no rollback of one environment may move it. */
async function restorableTo(work: string, base: string, promotions: readonly Promoted[]): Promise<Set<string>> {
  const commits = promotions.map(({ entry }) => entry.commit as string);
  const names = [base, ...commits].map((commit) => `${commit}:${basePath}`);
  const [today, ...then] = await readObjects(work, names);
  return new Set(commits.filter((_, index) => then[index]?.id === today?.id));
}

/** Files that bring the environment back to a commit's slot; what the slot of that commit lacked is removed. */
async function restoredFiles(
  work: string,
  base: string,
  environment: string,
  restores: { readonly commit: string; readonly slot: Slot } | null,
): Promise<Map<string, Uint8Array | null>> {
  const changes = new Map<string, Uint8Array | null>();
  if (restores === null) {
    changes.set(pointerPath(environment), Buffer.from(pointerText(environment, null)));
    return withRendered(work, base, environment, changes);
  }
  const folders = [environmentPath(environment), ...slotPaths(environment, restores.slot.policy)];
  for (const file of await listAt(work, base, folders)) changes.set(file, null);
  for (const [file, bytes] of await filesAt(work, restores.commit, folders)) changes.set(file, bytes);
  // What is rendered elsewhere, such as the chart's values, follows; the environment's own folder is what was approved.
  for (const [file, bytes] of await withRendered(work, base, environment, changes)) {
    if (!file.startsWith(`${environmentPath(environment)}/`)) changes.set(file, bytes);
  }
  return changes;
}

function rollbackMessage(
  environment: string,
  target: Slot | null,
  undone: readonly { readonly policy: string; readonly commit: string; readonly ledgerSeq: number }[],
  because: string,
): string {
  const to = target === null ? 'nothing, for nothing else was verified' : `policy ${digest12(target.policy)}`;
  return [
    `Roll ${environment} back to ${to}`,
    '',
    because,
    '',
    'Promotions undone, newest first:',
    ...undone
      .toReversed()
      .map(({ policy, commit, ledgerSeq }) => `  ${policy} (commit ${commit.slice(0, 12)}, ledger entry ${ledgerSeq})`),
    '',
    'Promotion is on hold until a person releases it.',
  ].join('\n');
}
