/** Whether an environment may be rolled back now, and to what: a pure function of the ledger and of what was seen. */
import type { Promoted, Standing } from '../../policies/ledger/standing.ts';
import { type Slot, slotParts } from '../../runtime/contract.ts';
import type { SlotAtCommit } from './slot.ts';

/** What a regression gate found after sync; absent when a person asks. */
export interface Regression {
  readonly status: 'failed' | 'errored';
  readonly because: string;
  readonly timeUs: number;
  /** A failure older than this no longer speaks about what runs. */
  readonly windowUs: number;
}

/** What is seen outside the repository. `running: undefined` means that nothing runs, so nothing is disturbed. */
export interface Observed {
  readonly running: { readonly slot: Slot | null; readonly busy: string | null } | undefined;
  readonly regression: Regression | undefined;
  readonly nowUs: number;
}

export type Decision =
  | {
      readonly outcome: 'refused';
      readonly reason: 'NOTHING_PROMOTED' | 'ROLLBACK_OF_ROLLBACK' | 'NOT_SETTLED' | 'GATE_ERRORED' | 'OUTSIDE_WINDOW';
      readonly because: string;
    }
  /** `restore: undefined`: nothing before it was verified, so nothing trades. */
  | { readonly outcome: 'rollback'; readonly restore: Promoted | undefined; readonly undone: readonly Promoted[] };

/**
 * @param current the slot that the environment's files name now
 * @param restorable whether a promotion could run again here; one of another image cannot be brought back by a commit
 */
export function decide(
  { promotions, holder }: Standing,
  current: SlotAtCommit,
  observed: Observed,
  restorable: (promoted: Promoted) => boolean,
): Decision {
  const refuse = (reason: (Decision & { outcome: 'refused' })['reason'], because: string): Decision => ({
    outcome: 'refused',
    reason,
    because,
  });
  const { environment } = current;
  if (holder === undefined) return refuse('NOTHING_PROMOTED', `nothing was ever promoted in ${environment}`);
  if (holder.kind === 'rolledBack') {
    const because = `ledger entry ${holder.seq} in ${environment} is a rollback itself (${holder.because}); promote instead`;
    return refuse('ROLLBACK_OF_ROLLBACK', because);
  }

  const { running, regression, nowUs } = observed;
  if (regression?.status === 'errored') {
    return refuse(
      'GATE_ERRORED',
      `the regression gate could not run (${regression.because}), which says nothing about the policy`,
    );
  }
  if (regression !== undefined && nowUs - regression.timeUs > regression.windowUs) {
    const ageSeconds = Math.round((nowUs - regression.timeUs) / 1e6);
    const because = `the failure is ${ageSeconds} s old, at most ${regression.windowUs / 1e6} s is allowed`;
    return refuse('OUTSIDE_WINDOW', because);
  }
  if (running?.busy != null) return refuse('NOT_SETTLED', `${environment} is not settled: ${running.busy}`);
  if (running !== undefined && !sameSlot(running.slot, current)) {
    const because = `${environment} is not settled: it runs ${running.slot?.policy ?? 'nothing'}, its slot names ${current.policy}`;
    return refuse('NOT_SETTLED', because);
  }

  const before = promotions.slice(0, -1);
  const restore = before.findLast((promoted) => promoted.verified && restorable(promoted));
  const undone = promotions.filter(({ entry }) => restore === undefined || entry.seq > restore.entry.seq);
  return { outcome: 'rollback', restore, undone };
}

function sameSlot(running: Slot | null, current: SlotAtCommit): boolean {
  if (running === null) return current.policy === null;
  return slotParts.every((name) => running[name] === current[name]);
}
