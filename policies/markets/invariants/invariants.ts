import { driftRule } from '../../../runtime/drift/drift-rule.ts';
import { PopulationCount, type PopulationReference } from '../../../runtime/drift/population-index.ts';
import { findLookAhead } from '../../../runtime/features/causality.ts';
import { catalogue } from '../../../runtime/features/index.ts';
import { findBrokenInvariant } from '../../../runtime/features/invariants.ts';
import { RandomEvents } from '../../../runtime/features/random-events.ts';
import { type DataSet, STATISTICS } from './data-set.ts';
import type { MeasuredMarket } from './market-measure.ts';
import { type ScaledFeature, scaledDistributions } from './scaled.ts';

/** One figure of today against what it is held to. */
export interface Invariant {
  /** What kind of figure: book-integrity, causality, population-index … */
  readonly name: string;
  /** Of what: a data set, a symbol, a feature. */
  readonly subject: string;
  readonly figure: number;
  readonly unit: string;
  /** What it was, or is meant to be. */
  readonly reference: number;
  readonly low: number;
  readonly high: number;
}

/** NaN holds to nothing: a figure that cannot be told is broken. */
export function holds({ figure, low, high }: Invariant): boolean {
  return figure >= low && figure <= high;
}

const EVENTS = 400;

/** What every feature owes by its definition, on an invented market. */
export function featureInvariants(seed: number): Invariant[] {
  const events = new RandomEvents('drift-report', seed).take(EVENTS);
  const leaks = findLookAhead(catalogue, events) === undefined ? 0 : 1;
  const broken = findBrokenInvariant(catalogue, events) === undefined ? 0 : 1;
  const subject = `${catalogue.length} features`;
  return [
    { name: 'causality', subject, figure: leaks, unit: 'look-aheads', reference: 0, low: 0, high: 0 },
    { name: 'feature-invariants', subject, figure: broken, unit: 'broken', reference: 0, low: 0, high: 0 },
  ];
}

export interface DataSetFindings {
  readonly invariants: readonly Invariant[];
  readonly scaled: readonly ScaledFeature[];
}

/** A market of today against the data set's invariants. */
export function dataSetInvariants({ name, invariants }: DataSet, today: MeasuredMarket): DataSetFindings {
  const scaled = scaledDistributions(today.symbols);
  return {
    scaled,
    invariants: [
      {
        name: 'book-integrity',
        subject: name,
        figure: today.contradictions,
        unit: 'contradictions',
        reference: 0,
        low: 0,
        high: invariants.bookContradictionsMax,
      },
      signalIndex(name, invariants.informationCoefficient, today.informationCoefficient),
      ...populationInvariants(invariants.population, today),
      ...statisticInvariants(invariants.statistics, today),
      ...scalingInvariants(invariants, scaled),
    ],
  };
}

function signalIndex(subject: string, reference: number, today: number): Invariant {
  const figure = today / reference;
  // Where there was nothing to forecast, nothing is asked of a forecast.
  const low = reference > SIGNAL_MIN ? driftRule.signalIndexMin : Number.NEGATIVE_INFINITY;
  return { name: 'signal-index', subject, figure, unit: 'ratio', reference: 1, low, high: Number.POSITIVE_INFINITY };
}

/** A rank correlation that chance does not give in an hour of decisions. */
const SIGNAL_MIN = 0.08;

function populationInvariants(references: DataSet['invariants']['population'], today: MeasuredMarket): Invariant[] {
  return catalogue.map(({ name }, f) => {
    const reference = references[name] as PopulationReference;
    const count = new PopulationCount(reference);
    for (const { columns } of today.symbols) for (const value of columns[f] ?? []) count.add(value);
    // One day in ten is beyond what is usual: the custom counts from twice of that.
    const high = driftRule.populationIndexMax + 2 * reference.usualIndex;
    const figure = count.index();
    return {
      name: 'population-index',
      subject: name,
      figure,
      unit: 'nats',
      reference: reference.usualIndex,
      low: 0,
      high,
    };
  });
}

function statisticInvariants(bands: DataSet['invariants']['statistics'], today: MeasuredMarket): Invariant[] {
  return today.symbols.flatMap(({ symbol, figures }) =>
    STATISTICS.map((key) => {
      const { low, high } = bands[symbol]?.[key] ?? { low: Number.NaN, high: Number.NaN };
      const subject = `${symbol} ${key}`;
      return { name: 'market', subject, figure: figures[key], unit: '', reference: (low + high) / 2, low, high };
    }),
  );
}

/** Features counted in ticks differ as ticks do; a policy's own scaler is for its own symbols. */
export function scalingInvariants(
  { scaledMedianMax, scaledDeviationMax }: DataSet['invariants'],
  scaled: readonly ScaledFeature[],
): Invariant[] {
  const comparable = scaled.filter(
    ({ feature }) => !catalogue.find(({ name }) => name === feature)?.unit.startsWith('ticks'),
  );
  const worst = (figure: (found: ScaledFeature) => number) =>
    comparable.reduce((a, b) => (figure(b) > figure(a) ? b : a), comparable[0] as ScaledFeature);
  const median = worst((found) => Math.abs(found.median));
  const deviation = worst((found) => found.deviation);
  return [
    {
      name: 'scaling',
      subject: `farthest median: ${median.feature} of ${median.symbol}`,
      figure: median.median,
      unit: 'deviations',
      reference: 0,
      low: -scaledMedianMax,
      high: scaledMedianMax,
    },
    {
      name: 'scaling',
      subject: `widest: ${deviation.feature} of ${deviation.symbol}`,
      figure: deviation.deviation,
      unit: 'deviations',
      reference: 1,
      low: 0,
      high: scaledDeviationMax,
    },
  ];
}
