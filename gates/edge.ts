import type { SliceOutcome } from '../policies/evaluation/evaluate.ts';
import { deviation, type Estimate, estimate, mean, signFlipP } from '../policies/evaluation/significance.ts';
import type { Slice } from '../policies/evaluation/slice.ts';
import { slicesOf } from '../policies/evaluation/slices.ts';
import type { Strategy } from '../policies/evaluation/strategy.ts';
import type { Candidate, Gate, GateContext, SliceRuns, Verdict } from './gate.ts';
import { withRuns } from './slice-runs.ts';
import { thresholds } from './thresholds.ts';
import { bestUntrained } from './untrained.ts';

const held = thresholds.edge;

/** The candidate against one alternative, slice by slice. */
interface Comparison {
  /** As in a sentence: "doing nothing earns 0.00". */
  readonly alternative: 'doing nothing' | 'a random policy' | 'the best untrained policy';
  /** How many were compared. */
  readonly slices: number;
  readonly alternativeUsd: number;
  readonly differenceUsd: Estimate;
  /** One-sided, of "the difference is positive". */
  readonly p: number;
}

/** What is known after a look. */
interface Finding {
  readonly own: readonly SliceOutcome[];
  readonly earned: Estimate;
  /** Event time of a slice. */
  readonly sliceSeconds: number;
  /** In the order in which they were made; none is made behind one that is lost. */
  readonly comparisons: readonly Comparison[];
  /** Of forecasts with what happened, per slice, at the horizon that the planner uses; undefined when nothing could be held against them. */
  readonly correlation: (Estimate & { readonly deviation: number }) | undefined;
}

export const edge: Gate = {
  name: 'edge',
  proves:
    'On slices that nobody has seen, the candidate earns more after costs than doing nothing, than a random policy and than the best untrained one, and its forecasts tell what happens.',
  run: (candidate, context) => withRuns(context, (runs) => judge(candidate, context, runs)),
};

/**
 * Looks at a quarter, at half and at all of the slices, and ends at the first look that decides: all claims hold, or
 * the candidate loses money.
 *
 * Every claim has to hold, so their common error is at most that of one (intersection–union, Berger 1982); looks and
 * attempts are chances to be lucky, so they share the error out.
 */
async function judge(
  candidate: Candidate,
  context: GateContext,
  runs: SliceRuns,
): Promise<Omit<Verdict, 'gate' | 'seconds'>> {
  const slices = heldOutSlices(context);
  const looks = looksAt(slices.length);
  const pMax = allowedP(looks.length, context.attempt ?? 1);
  let finding: Finding | undefined;
  for (const count of looks) {
    context.signal.throwIfAborted();
    const taken = looks.filter((earlier) => earlier <= count);
    finding = await look(candidate, context, runs, slices.slice(0, count), taken, pMax);
    context.progress(count / slices.length, `${count} slices: ${usd(finding.earned.mean)} USD each`);
    if (finding.earned.mean <= 0 || holds(finding, pMax)) break;
  }
  return verdictOf(finding as Finding, pMax, context.attempt ?? 1);
}

/** Held-out slices of the candidate's market. @throws LogError when a log is too short to tell an edge from luck */
export function heldOutSlices({ market, seed }: Pick<GateContext, 'market' | 'seed'>): Slice[] {
  return slicesOf(market, 'held-out', seed, held.slicesMax, sliceSeconds(market), held.slicesMin);
}

const sliceSeconds = (market: GateContext['market']): number =>
  market.kind === 'simulated' ? held.simulatedSliceSeconds : held.recordedSliceSeconds;

/** Numbers of slices after which to look. */
export function looksAt(slices: number): number[] {
  return [slices / 4, slices / 2, slices].map(Math.floor).filter((count) => count >= held.slicesMin);
}

/** The largest p that counts: over all looks and any number of attempts the chances of luck sum to the share allowed. */
export function allowedP(looks: number, attempt: number): number {
  return held.falsePassShareMax / looks / (attempt * (attempt + 1));
}

async function look(
  candidate: Candidate,
  context: GateContext,
  runs: SliceRuns,
  slices: readonly Slice[],
  looks: readonly number[],
  pMax: number,
): Promise<Finding> {
  const { directory, manifest } = candidate;
  const { seed } = context;
  const run = (strategy: Strategy, count: number) =>
    Promise.all(slices.slice(0, count).map((slice) => runs.evaluate(strategy, slice)));
  const own = await run({ kind: 'policy', directory }, slices.length);
  const pnl = pnlOf(own);

  /** An alternative is beaten at the first look that says so: slices after it are not run again for it. */
  const against = async (
    alternative: Comparison['alternative'],
    earns: (count: number) => Promise<readonly number[]> | readonly number[],
  ): Promise<Comparison> => {
    let last: Comparison | undefined;
    for (const count of looks) {
      last = compared(alternative, pnl.slice(0, count), await earns(count), seed);
      if (isBeaten(last, pMax)) break;
    }
    return last as Comparison;
  };

  const alternatives: [Comparison['alternative'], () => Strategy | undefined | Promise<Strategy | undefined>][] = [
    ['doing nothing', () => undefined],
    ['a random policy', () => ({ kind: 'random', directory, seed })],
    ['the best untrained policy', () => bestUntrained(candidate, context, runs)],
  ];
  const comparisons: Comparison[] = [];
  // An untrained policy that never trades has no strategy either: it earns what doing nothing earns.
  for (const [alternative, choose] of alternatives) {
    const strategy = await choose();
    const comparison = await against(alternative, async (count) =>
      strategy === undefined ? new Array<number>(count).fill(0) : pnlOf(await run(strategy, count)),
    );
    comparisons.push(comparison);
    if (!isBeaten(comparison, pMax)) break;
  }
  const correlations = own.flatMap(
    ({ informationCoefficients }) => informationCoefficients[manifest.planner.horizon] ?? [],
  );
  return {
    own,
    earned: estimate(pnl, seed),
    sliceSeconds: sliceSeconds(context.market),
    comparisons,
    correlation:
      correlations.length === 0 ? undefined : { ...estimate(correlations, seed), deviation: deviation(correlations) },
  };
}

function compared(
  alternative: Comparison['alternative'],
  ours: readonly number[],
  theirs: readonly number[],
  seed: number,
): Comparison {
  const differences = ours.map((usd, i) => usd - (theirs[i] as number));
  return {
    alternative,
    slices: ours.length,
    alternativeUsd: mean(theirs),
    differenceUsd: estimate(differences, seed),
    p: signFlipP(differences, seed),
  };
}

function isBeaten({ differenceUsd, p }: Comparison, pMax: number): boolean {
  return differenceUsd.mean > 0 && p <= pMax;
}

const pnlOf = (outcomes: readonly SliceOutcome[]): number[] => outcomes.map(({ pnlUsd }) => pnlUsd);

function holds({ comparisons, correlation }: Finding, pMax: number): boolean {
  const told = correlation !== undefined && correlation.low > held.correlationMin;
  return told && comparisons.every((comparison) => isBeaten(comparison, pMax));
}

function verdictOf(finding: Finding, pMax: number, attempt: number): Omit<Verdict, 'gate' | 'seconds'> {
  const { own, earned, comparisons, correlation } = finding;
  const measured: Record<string, number> = {
    slices: own.length,
    earnedPerSliceUsd: earned.mean,
    earnedPerSliceLowUsd: earned.low,
    earnedPerSliceHighUsd: earned.high,
    earnedPerSliceDeviationUsd: deviation(pnlOf(own)),
    sliceSeconds: finding.sliceSeconds,
    fillsPerSlice: mean(own.map(({ fills }) => fills)),
    slicesNotFlat: own.filter(({ flat }) => !flat).length,
    attempt,
  };
  for (const { alternative, slices, differenceUsd, p } of comparisons) {
    const name = NAMES[alternative];
    measured[`over${name}Usd`] = differenceUsd.mean;
    measured[`over${name}LowUsd`] = differenceUsd.low;
    measured[`over${name}HighUsd`] = differenceUsd.high;
    measured[`over${name}P`] = p;
    measured[`over${name}Slices`] = slices;
  }
  if (correlation !== undefined) {
    measured['rankCorrelation'] = correlation.mean;
    measured['rankCorrelationLow'] = correlation.low;
    measured['rankCorrelationHigh'] = correlation.high;
    measured['rankCorrelationDeviation'] = correlation.deviation;
    measured['rankCorrelationSlices'] = correlation.n;
  }
  const passed = holds(finding, pMax);
  return {
    status: passed ? 'passed' : 'failed',
    because: passed ? praise(finding, pMax) : blame(finding, pMax),
    measured,
    thresholds: { pMax, correlationMin: held.correlationMin, falsePassShareMax: held.falsePassShareMax },
  };
}

const NAMES = {
  'doing nothing': 'Nothing',
  'a random policy': 'Random',
  'the best untrained policy': 'Untrained',
} as const;

function praise({ own, earned, comparisons, correlation }: Finding, pMax: number): string {
  const over = comparisons.map(({ alternative, alternativeUsd }) => `${alternative} ${usd(alternativeUsd)}`).join(', ');
  const p = Math.max(...comparisons.map((comparison) => comparison.p));
  return `earns ${usd(earned.mean)} USD a slice after costs (${interval(earned)}, ${own.length} slices); ${over}; p ${figure(p)}, at most ${figure(pMax)} is allowed; forecasts correlate ${figure(correlation?.mean ?? 0)} with what happened`;
}

/** The first claim that does not hold, with the figures that say so. */
function blame({ own, earned, comparisons, correlation }: Finding, pMax: number): string {
  const earns = `earns ${usd(earned.mean)} USD a slice after costs (${interval(earned)}, ${own.length} slices)`;
  if (own.every(({ fills }) => fills === 0)) return `never traded in ${own.length} slices, so it earns nothing`;
  for (const comparison of comparisons) {
    if (isBeaten(comparison, pMax)) continue;
    const { alternative, alternativeUsd, differenceUsd, p } = comparison;
    const than = `${earns}, ${alternative} earns ${usd(alternativeUsd)}`;
    if (differenceUsd.mean <= 0) return than;
    return `${than}: luck alone does as well with probability ${figure(p)}, at most ${figure(pMax)} is allowed`;
  }
  if (correlation === undefined) return `${earns}, but no forecast could be held against what happened`;
  return `${earns}, but its forecasts do not tell what happens: rank correlation ${figure(correlation.mean)} (${figure(correlation.low)}…${figure(correlation.high)}), more than ${held.correlationMin} is needed at the lower end`;
}

/** U+2212, as in print: a minus that no line break parts from its figure. */
function usd(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

function figure(value: number): string {
  return String(Number(value.toPrecision(2))).replace('-', '−');
}

function interval({ low, high }: Estimate): string {
  return `95 % interval ${usd(low)}…${usd(high)}`;
}
