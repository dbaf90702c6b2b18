import type { FillBody } from '../../runtime/execution/records.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import type { RegressionVerdict } from '../environment/regression.ts';
import { judge, type Recorded } from '../regression/judge.ts';

/** What the environment itself recorded of one slot over its window. */
export interface Observation extends Recorded {
  readonly firstFill: FirstFill | undefined;
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

/** Holds what a slot did since journal record `after` to what was approved. */
export function regressionOf(journalFile: string, after: number): Regression {
  const observation = observe(journalFile, after);
  return { ...judge(observation), observation };
}

function observe(journalFile: string, after: number): Observation {
  const journal = new SqliteJournal(journalFile, { readOnly: true });
  try {
    let policy: string | null = null;
    let first: FillBody | undefined;
    let firstPolicy: string | null = null;
    let [fills, decisions, denials, errors, feesMicroUsd] = [0, 0, 0, 0, 0];
    const halts: string[] = [];
    const intents = new Map<number, object>();
    for (const record of journal.records(after)) {
      const body = JSON.parse(record.body);
      if (record.kind === 'boot') policy = body.policy;
      else if (record.kind === 'forecast') decisions++;
      else if (record.kind === 'denial') denials++;
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
    return { fills, firstFill, decisions, denials, halts, errors, feesMicroUsd };
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
