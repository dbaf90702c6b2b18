/** Whether a slot does in its environment what it was approved for, from what the environment itself recorded. */
import type { RegressionVerdict } from '../environment/regression.ts';

/** What was recorded of one slot. */
export interface Recorded {
  readonly decisions: number;
  readonly fills: number;
  /** Orders that risk refused. */
  readonly denials: number;
  /** Evidence of each halt. */
  readonly halts: readonly string[];
  readonly errors: number;
}

/** Decisions without which a window says nothing. */
export const DECISIONS_NEEDED = 500;
/** A policy that its limits refuse on more of its decisions than this does not know them: it was not searched for here. */
const DENIED_SHARE_MAX = 0.2;

/** Nothing halted it, nothing of it is an error, its limits seldom refused it, and it decided often enough for that to mean something. */
export function judge(recorded: Recorded, decisionsNeeded = DECISIONS_NEEDED): RegressionVerdict {
  const { decisions, fills, denials, halts, errors } = recorded;
  const judged = (status: RegressionVerdict['status'], because: string): RegressionVerdict => ({ status, because });
  if (halts.length > 0) return judged('failed', `risk halted it: ${halts[0]}`);
  if (errors > 0) return judged('failed', `${errors} errors stand in its journal, none is allowed`);
  if (decisions < decisionsNeeded) {
    return judged('errored', `it made ${decisions} decisions, at least ${decisionsNeeded} are needed`);
  }
  if (denials > DENIED_SHARE_MAX * decisions) {
    const allowed = `${DENIED_SHARE_MAX * 100} % of its ${decisions} decisions are allowed`;
    return judged('failed', `risk denied ${denials} of its orders, at most ${allowed}`);
  }
  return judged('passed', `${decisions} decisions, ${fills} fills, ${denials} denials, no halt, no error`);
}
