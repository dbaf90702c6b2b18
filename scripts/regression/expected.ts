/** What a slot was approved for, in figures: what its own signed gates measured. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PREDICTION_MIN, type Sample } from '../../policies/evaluation/significance.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import { evidencePath } from '../../runtime/evidence/layout.ts';
import { problemLine } from '../../runtime/evidence/problem.ts';
import { predicateTypes } from '../../runtime/evidence/statement.ts';
import { loadTrust, type TrustRoot } from '../../runtime/evidence/trust.ts';

/** A part that the evidence says nothing of is undefined, and cannot be judged. */
export interface Expected {
  /** Per held-out slice. */
  readonly edge: EdgeExpected | undefined;
  /** Time of a quick decision, of which a tenth is as quick, over that of a quick message without one. */
  readonly decisionRatio: number | undefined;
}

export interface EdgeExpected {
  /** Event time of a slice. */
  readonly sliceSeconds: number;
  readonly earnedUsd: Sample;
  /** Of forecasts with what happened, at the planner's horizon. */
  readonly correlation: Sample;
}

/** Of what nobody measured. */
export const NOTHING_EXPECTED: Expected = { edge: undefined, decisionRatio: undefined };

/** Of the slot whose files lie in `directory` as in a commit. @throws Error when its evidence cannot be read */
export function expectedIn(
  directory: string,
  slot: { readonly environment: string; readonly policy: string } | null,
  trustPath: string,
): Expected {
  if (slot === null) return NOTHING_EXPECTED;
  const file = evidencePath(slot.environment, slot.policy);
  return expectedOf(readFileSync(path.join(directory, file), 'utf8'), file, loadTrust(trustPath));
}

type Measured = Readonly<Record<string, number | string>>;

/**
 * @param text of an evidence file, one envelope a line
 * @param file names it in errors
 * @throws Error when a line does not verify: nothing is judged by what nobody trusted said
 */
export function expectedOf(text: string, file: string, trust: TrustRoot): Expected {
  const measured = new Map<string, Measured>();
  for (const [index, line] of text.trimEnd().split('\n').entries()) {
    const read = verifyLine(line, `${file}:${index + 1}`, trust);
    if (!read.ok) throw new Error(problemLine(read.problem));
    const { statement } = read;
    if (statement.predicateType !== predicateTypes.testResult) continue;
    const { gate, status, measured: figures } = statement.predicate.verdict;
    if (status === 'passed') measured.set(gate, figures);
  }
  return {
    edge: edgeOf(measured.get('edge') ?? {}),
    decisionRatio: figure(measured.get('planner-sla') ?? {}, 'decisionPerMessageRatio'),
  };
}

function edgeOf(measured: Measured): EdgeExpected | undefined {
  const sliceSeconds = figure(measured, 'sliceSeconds');
  const earnedUsd = sample(measured, 'earnedPerSliceUsd', 'earnedPerSliceDeviationUsd', 'slices');
  const correlation = sample(measured, 'rankCorrelation', 'rankCorrelationDeviation', 'rankCorrelationSlices');
  if (sliceSeconds === undefined || earnedUsd === undefined || correlation === undefined) return undefined;
  return { sliceSeconds, earnedUsd, correlation };
}

function sample(
  measured: Measured,
  ...names: readonly [mean: string, deviation: string, n: string]
): Sample | undefined {
  const [mean, deviation, n] = names.map((name) => figure(measured, name));
  if (mean === undefined || deviation === undefined || n === undefined || n < PREDICTION_MIN) return undefined;
  return { mean, deviation, n };
}

/** A figure that is no number, such as "NaN", says nothing. */
function figure(measured: Measured, name: string): number | undefined {
  const value = measured[name];
  return typeof value === 'number' ? value : undefined;
}
