/** Ledger entries that move nothing: a slot is verified, promotion is released or put on hold. */
import type { LedgerEntry, LedgerEvent } from '../../policies/ledger/ledger.ts';
import { type Standing, standing } from '../../policies/ledger/standing.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Slot, slotParts } from '../../runtime/contract.ts';
import { type LedgerHead, loadTrust } from '../../runtime/evidence/trust.ts';
import { ledgerAt, recordEvents } from './record.ts';
import { type EnvironmentRepository, transact } from './repository.ts';
import { slotAt } from './slot.ts';
import { rememberLedgerHead } from './trust.ts';

export interface MarkOptions {
  readonly repository: EnvironmentRepository;
  readonly environment: string;
  readonly trustPath: string;
  readonly clock: Clock;
  /** Who or what says so, and on what ground. */
  readonly because: string;
}

export type MarkOutcome =
  | { readonly outcome: 'recorded' | 'already'; readonly ledgerSeq: number }
  | { readonly outcome: 'refused'; readonly because: string };

/**
 * Records that `slot` ran for its window and its regression gates passed: from now on a rollback may return to it.
 * Refused when the environment's slot is no longer that one.
 */
export function markVerified(options: MarkOptions & { readonly slot: Slot }): Promise<MarkOutcome> {
  return mark(options, 'verified', ({ promotions }, current, entries) => {
    const top = promotions.at(-1);
    if (top === undefined || top.entry.policy !== options.slot.policy) {
      return `${options.environment} holds ${top?.entry.policy ?? 'nothing'}, ${options.slot.policy} was verified`;
    }
    for (const name of slotParts) {
      if (current[name] !== options.slot[name])
        return `${name} is ${current[name]} by now, ${options.slot[name]} was verified`;
    }
    const seq = entries.findLast(({ kind, policy }) => kind === 'verified' && policy === top.entry.policy)?.seq;
    return top.verified && seq !== undefined ? { already: seq } : undefined;
  });
}

/** Lets automatic promotion go on after a rollback. */
export function release(options: MarkOptions): Promise<MarkOutcome> {
  return mark(options, 'released', ({ held }) => {
    return held === undefined ? `promotion in ${options.environment} is not on hold` : undefined;
  });
}

/** Stops automatic promotion until a person releases it; another reason is another entry. */
export function hold(options: MarkOptions): Promise<MarkOutcome> {
  return mark(options, 'held', ({ held }) => (held?.because === options.because ? { already: held.seq } : undefined));
}

type Ruling = string | { readonly already: number } | undefined;

async function mark(
  { repository, environment, trustPath, clock, because }: MarkOptions,
  kind: LedgerEvent['kind'],
  rule: (now: Standing, current: Awaited<ReturnType<typeof slotAt>>, entries: readonly LedgerEntry[]) => Ruling,
): Promise<MarkOutcome> {
  const { work } = repository;
  const planned = await transact<{ result: MarkOutcome; ledgerHead?: LedgerHead }>(repository, async (base) => {
    const ledger = await ledgerAt(work, base, loadTrust(trustPath).ledgerHead);
    const own = ledger.entries.filter((entry) => entry.environment === environment);
    const now = standing(own, environment);
    const current = await slotAt(work, base, environment);
    const ruling = rule(now, current, own);
    if (typeof ruling === 'string') return { outcome: { result: { outcome: 'refused', because: ruling } } };
    if (ruling !== undefined) return { outcome: { result: { outcome: 'already', ledgerSeq: ruling.already } } };

    const { policy } = current;
    const { evidence = null, commit = null } = now.holder ?? {};
    const timeUs = clock.nowUs();
    const event = { timeUs, kind, environment, policy, evidence, commit, restores: null, because };
    const recorded = await recordEvents(work, base, ledger.text, [event]);
    return {
      push: { head: recorded.head },
      outcome: {
        result: { outcome: 'recorded', ledgerSeq: recorded.ledgerHead.seq },
        ledgerHead: recorded.ledgerHead,
      },
    };
  });
  if (planned.ledgerHead !== undefined) rememberLedgerHead(trustPath, planned.ledgerHead);
  return planned.result;
}
