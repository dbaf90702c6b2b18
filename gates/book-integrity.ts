import { openSlice } from '../policies/evaluation/slice.ts';
import { type BookDefect, compareBooks } from './book-comparison.ts';
import type { Gate } from './gate.ts';
import { gateSlice } from './gate-slice.ts';
import { findLogDefect } from './log-comparison.ts';
import { thresholds as allThresholds } from './thresholds.ts';

const thresholds = allThresholds.bookIntegrity;

/** Event time compared: a thousand messages and more of each simulated symbol. */
const SLICE_SECONDS = 600;

export const bookIntegrity: Gate = {
  name: 'book-integrity',
  proves: "the runtime's book of every symbol equals the venue's own after every message",
  async run(_candidate, context) {
    const { market } = context;
    const log = market.kind === 'log' ? findLogDefect(market.path) : undefined;
    const slice = openSlice(gateSlice(context, 'book-integrity', SLICE_SECONDS));
    const { compared, defect: found } = compareBooks(slice, { ...context, policy: undefined });
    const defect = log?.defect ?? found;
    const least = [...compared].reduce((a, b) => (b[1] < a[1] ? b : a));
    const total = [...compared.values()].reduce((a, b) => a + b, 0);
    const measured = {
      comparisons: total,
      comparisonsLeast: least[1],
      symbols: compared.size,
      logMessages: log?.messages ?? 0,
      mismatches: defect?.kind === 'mismatch' ? 1 : 0,
      refusals: defect?.kind === 'refusal' ? 1 : 0,
    };
    if (defect !== undefined) return { status: 'failed', because: sentence(defect), measured, thresholds };
    if (least[1] < thresholds.comparisonsMin) {
      throw new Error(
        `book-integrity: ${least[0]} has too few messages (${least[1]}), at least ${thresholds.comparisonsMin} are needed`,
      );
    }
    const because = `${total} books of ${compared.size} symbols equal the venue's, level by level, and no message was refused`;
    return { status: 'passed', because, measured, thresholds };
  },
};

function sentence({ kind, symbol, message, what }: BookDefect): string {
  if (kind === 'mismatch') return `the book of ${symbol} is wrong after its message ${message}: ${what}`;
  return `the runtime refused what a sound venue sent of ${symbol}: ${what}`;
}
