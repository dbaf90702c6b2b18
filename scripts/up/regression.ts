import type { FillBody } from '../../runtime/execution/records.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import type { LifeRecord } from '../../runtime/telemetry/life-record.ts';
import type { RegressionVerdict } from '../environment/regression.ts';
import type { Expected } from '../regression/expected.ts';
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

/**
 * Holds what a slot did since journal record `after` to what was approved.
 * @param record what its runtime told of its life; undefined when it ended without telling
 */
export function regressionOf(
  journalFile: string,
  after: number,
  record: LifeRecord | undefined,
  expected: Expected,
): Regression {
  const observation = observe(journalFile, after, record);
  return { ...judge(observation, expected), observation };
}

function observe(journalFile: string, after: number, record: LifeRecord | undefined): Observation {
  const journal = new SqliteJournal(journalFile, { readOnly: true });
  try {
    let policy: string | null = null;
    let first: FillBody | undefined;
    let firstPolicy: string | null = null;
    let [fills, decisions, denials, errors, feesMicroUsd] = [0, 0, 0, 0, 0];
    const halts: string[] = [];
    const drifts: string[] = [];
    const intents = new Map<number, object>();
    for (const { kind, seq, body: text } of journal.records(after)) {
      const body = JSON.parse(text);
      if (kind === 'boot') policy = body.policy;
      else if (kind === 'forecast') decisions++;
      else if (kind === 'denial') denials++;
      else if (kind === 'error') errors++;
      else if (kind === 'disable' && body.reason === 'RISK_HALT') halts.push(body.evidence);
      else if (kind === 'disable' && body.reason === 'REGIME_DRIFT') drifts.push(body.evidence);
      else if (kind === 'intent' && first === undefined) intents.set(seq, body);
      else if (kind === 'fill') {
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
    return { fills, firstFill, decisions, denials, halts, drifts, errors, record, feesMicroUsd };
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
