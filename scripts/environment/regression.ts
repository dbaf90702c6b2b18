/**
 * What follows from a regression gate after sync, with no person: a slot that held is verified, one that failed is rolled
 * back, one that could not be judged stays as it is.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { type MarkOutcome, markVerified } from './mark.ts';
import type { EnvironmentRepository } from './repository.ts';
import { type RollbackOptions, type RollbackOutcome, rollback } from './rollback.ts';

/** A failure older than this no longer speaks about what runs. */
const WINDOW_US = 3.6e9;

export interface RegressionVerdict {
  /** `failed`: the slot is bad. `errored`: the gate could not judge it, which says nothing about the slot. */
  readonly status: 'passed' | 'failed' | 'errored';
  readonly because: string;
}

export interface RegressionOptions extends Pick<RollbackOptions, 'keys' | 'trustPath'> {
  readonly repository: EnvironmentRepository;
  readonly environment: string;
  readonly clock: Clock;
  /** What was judged. */
  readonly slot: Slot;
  readonly verdict: RegressionVerdict;
  /** When it was judged. @default now */
  readonly timeUs?: number;
  /** What runs now: a rollback waits until the environment is settled. Undefined: nothing runs. */
  readonly running: { readonly slot: Slot | null; readonly busy: string | null } | undefined;
}

export type Followed =
  | { readonly did: 'marked'; readonly marked: MarkOutcome }
  | { readonly did: 'rolled back'; readonly rollback: RollbackOutcome }
  | { readonly did: 'nothing' };

export async function followRegression(options: RegressionOptions): Promise<Followed> {
  const { verdict, repository, environment, trustPath, clock, keys, slot, running } = options;
  const { status, because } = verdict;
  if (status === 'errored') return { did: 'nothing' };
  if (status === 'passed') {
    return { did: 'marked', marked: await markVerified({ repository, environment, trustPath, clock, because, slot }) };
  }
  const regression = { status, because, timeUs: options.timeUs ?? clock.nowUs(), windowUs: WINDOW_US };
  return {
    did: 'rolled back',
    rollback: await rollback({
      repository,
      environment,
      keys,
      trustPath,
      clock,
      observed: { running, regression },
      because: `The regression gate failed: ${because}`,
    }),
  };
}
