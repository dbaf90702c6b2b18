import type { FillBody } from '../../runtime/execution/records.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import type { RegressionVerdict } from '../environment/regression.ts';

/** What the environment itself recorded of one slot over its window. */
export interface Observation {
  readonly fills: number;
  readonly firstFill: FirstFill | undefined;
  readonly decisions: number;
  readonly halts: readonly string[];
  readonly errors: number;
  readonly feesMicroUsd: number;
}

/** From the first fill back to what decided it. */
export interface FirstFill {
  readonly execId: string;
  readonly clOrdId: string;
  readonly intentSeq: number;
  readonly intent: object | undefined;
  /** The policy of the boot under which it happened. */
  readonly policy: string | null;
}

export interface Regression extends RegressionVerdict {
  readonly observation: Observation;
}

/** Decisions without which a window says nothing. */
const DECISIONS_NEEDED = 500;

/**
 * Holds what a slot did since journal record `after` to what was approved: nothing halted it, nothing in its journal is
 * an error, and it decided often enough for that to mean something.
 */
export function regressionOf(journalFile: string, after: number): Regression {
  const observation = observe(journalFile, after);
  const { decisions, halts, errors, fills } = observation;
  const judged = (status: Regression['status'], because: string): Regression => ({ status, because, observation });
  if (halts.length > 0) return judged('failed', `risk halted it: ${halts[0]}`);
  if (errors > 0) return judged('failed', `${errors} errors stand in its journal, none is allowed`);
  if (decisions < DECISIONS_NEEDED) {
    return judged('errored', `it made ${decisions} decisions, at least ${DECISIONS_NEEDED} are needed`);
  }
  return judged('passed', `${decisions} decisions, ${fills} fills, no halt, no error`);
}

function observe(journalFile: string, after: number): Observation {
  const journal = new SqliteJournal(journalFile, { readOnly: true });
  try {
    let policy: string | null = null;
    let first: FillBody | undefined;
    let firstPolicy: string | null = null;
    let [fills, decisions, errors, feesMicroUsd] = [0, 0, 0, 0];
    const halts: string[] = [];
    const intents = new Map<number, object>();
    for (const record of journal.records(after)) {
      const body = JSON.parse(record.body);
      if (record.kind === 'boot') policy = body.policy;
      else if (record.kind === 'forecast') decisions++;
      else if (record.kind === 'error') errors++;
      else if (record.kind === 'disable' && body.reason === 'RISK_HALT') halts.push(body.evidence);
      else if (record.kind === 'intent' && first === undefined) intents.set(record.seq, body);
      else if (record.kind === 'fill') {
        fills++;
        feesMicroUsd += body.feeMicroUsd;
        if (first === undefined) {
          first = body;
          firstPolicy = policy;
        }
      }
    }
    const firstFill = first && {
      execId: first.execId,
      clOrdId: first.clOrdId,
      intentSeq: first.intentSeq,
      intent: intents.get(first.intentSeq),
      policy: firstPolicy,
    };
    return { fills, firstFill, decisions, halts, errors, feesMicroUsd };
  } finally {
    journal.close();
  }
}

/** Number of the journal's latest record; 0 for a journal that is not there yet. */
export function lastSeq(journalFile: string): number {
  let journal: SqliteJournal;
  try {
    journal = new SqliteJournal(journalFile, { readOnly: true });
  } catch {
    return 0;
  }
  try {
    let last = 0;
    for (const record of journal.records()) last = record.seq;
    return last;
  } finally {
    journal.close();
  }
}
