/** Holds a policy's frozen scaler, and features that others wrote, to what a model can read on every symbol and day. */
import { record, type SymbolSeries } from '../policies/evaluation/recording.ts';
import type { Slice } from '../policies/evaluation/slice.ts';
import { fitScaler } from '../policies/training/scaler.ts';
import type { Scaler } from '../runtime/contract.ts';
import { type AnyFeature, featureValues, loadFeatures } from '../runtime/features/causality.ts';
import { InstrumentTable } from '../runtime/instrument.ts';
import type { Gate, GateContext } from './gate.ts';
import { gateSlice } from './gate-slice.ts';
import { recordMarket } from './market-recording.ts';
import { scaled } from './model-runs.ts';
import { thresholds as allThresholds } from './thresholds.ts';

const thresholds = allThresholds.scaling;

/** Event time of a day's part: a simulated symbol then has seen a few regimes of volatility. */
const SLICE_SECONDS = 1200;
const DAYS = ['scaling', 'scaling, another day'] as const;

/** One feature of one symbol on one day, raw. */
export interface ScalingColumn {
  readonly feature: string;
  readonly symbol: string;
  readonly day: number;
  readonly values: ArrayLike<number>;
}

export const scaling: Gate = {
  name: 'scaling',
  proves: "through the policy's frozen scaler every feature looks alike on every symbol and day",
  async run({ manifest }, context) {
    const { config, limits, features: folder, progress } = context;
    const days = daysOf(context);
    const names = manifest.featureNames;
    const columns: ScalingColumn[] = [];
    for (const [day, slice] of days.entries()) {
      columns.push(...columnsOf(record(slice, config, limits, []), names, day));
      progress((0.5 * (day + 1)) / days.length);
    }
    const measured: Record<string, number | string> = { features: names.length, symbols: config.instruments.length };
    let problem = findUnlike(columns, (feature) => ofFeature(manifest.scaler, names.indexOf(feature)), measured);
    if (problem === undefined && folder !== undefined) {
      const further = await foreignColumns(await loadFeatures(folder), days, context);
      problem = findUnlike(further, (feature) => fittedOnFirstDay(further, feature), measured);
      measured['features'] = names.length + new Set(further.map(({ feature }) => feature)).size;
    }
    if (problem !== undefined) return { status: 'failed', because: problem, measured, thresholds };
    const because =
      `${measured['features']} features of ${measured['symbols']} symbols on ${days.length} days: no median farther than ` +
      `${Number(measured['medianMost']).toFixed(2)}, none wider than ${Number(measured['deviationMost']).toFixed(2)} deviations`;
    return { status: 'passed', because, measured, thresholds };
  },
};

/**
 * The first feature that a model would not read the same way everywhere: its middle lies elsewhere, it is wilder than the
 * scaler says, it sits at the clip, or it stands still on all symbols.
 *
 * @param measured receives the figures; what it has of an earlier call is kept where it is worse
 * @throws Error when a column has too few values to say anything
 */
export function findUnlike(
  columns: readonly ScalingColumn[],
  scalerOf: (feature: string) => Scaler,
  measured: Record<string, number | string>,
): string | undefined {
  const widest = new Map<string, number>();
  const worse = (name: string, figure: number) => {
    measured[name] = Math.max(Number(measured[name] ?? 0), figure);
  };
  for (const { feature, symbol, day, values } of columns) {
    const where = `feature "${feature}" of ${symbol} on day ${day + 1}`;
    if (values.length < thresholds.rowsMin) {
      throw new Error(
        `scaling: ${where} has too few values (${values.length}), at least ${thresholds.rowsMin} are needed`,
      );
    }
    const scaler = scalerOf(feature);
    const { median, deviation, clippedShare } = shapeOf(scaled(Float32Array.from(values), scaler), scaler.clip);
    if (!Number.isFinite(deviation)) return `${where} is not finite after scaling`;
    worse('medianMost', Math.abs(median));
    worse('deviationMost', deviation);
    worse('clippedShareMost', clippedShare);
    if (Math.abs(median) > thresholds.medianMax) {
      return `${where} has its middle ${median.toFixed(2)} deviations from the scaler's, at most ${thresholds.medianMax} is allowed`;
    }
    if (clippedShare > thresholds.clippedShareMax) {
      return `${where} is at the clip in ${percent(clippedShare)} of its values, at most ${percent(thresholds.clippedShareMax)} are allowed`;
    }
    if (deviation > thresholds.deviationMax) {
      return `${where} is ${deviation.toFixed(2)} times as wide as the scaler says, at most ${thresholds.deviationMax} is allowed`;
    }
    widest.set(feature, Math.max(widest.get(feature) ?? 0, deviation));
  }
  for (const [feature, deviation] of widest) {
    if (deviation >= thresholds.deviationMin) continue;
    return `feature "${feature}" hardly moves on any symbol: ${deviation.toPrecision(2)} of the scaler's deviation, at least ${thresholds.deviationMin} is needed`;
  }
  return undefined;
}

function shapeOf(values: Float32Array, clip: number) {
  const sorted = values.sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const clipped = sorted.reduce((count, value) => count + (Math.abs(value) >= clip ? 1 : 0), 0);
  return {
    median: sorted[sorted.length >> 1],
    deviation: Math.sqrt(squares / sorted.length),
    clippedShare: clipped / sorted.length,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Two days of a simulated market, or the two halves of what a log holds out. */
function daysOf(context: GateContext): Slice[] {
  const [first, second] = DAYS.map((label) => gateSlice(context, label, SLICE_SECONDS)) as [Slice, Slice];
  if (first.kind === 'simulated') return [first, second];
  const middleUs = Math.floor((first.fromUs + first.toUs) / 2);
  return [
    { ...first, toUs: middleUs },
    { ...first, openUs: middleUs, fromUs: middleUs },
  ];
}

function columnsOf(series: readonly SymbolSeries[], names: readonly string[], day: number): ScalingColumn[] {
  return series.flatMap(({ symbol, rows }) =>
    names.map((feature, f) => {
      const values = Float32Array.from({ length: rows.length / names.length }, (_, i) => rows[i * names.length + f]);
      return { feature, symbol, day, values };
    }),
  );
}

/** Features from a folder, at every event: they come without a scaler, and get one from the first day. */
async function foreignColumns(
  features: readonly AnyFeature[],
  days: readonly Slice[],
  { config }: GateContext,
): Promise<ScalingColumn[]> {
  const instruments = new InstrumentTable(config.instruments);
  return days.flatMap((slice, day) =>
    recordMarket(slice, instruments, config.marketDepthLevels).flatMap(({ symbol, events }) => {
      const values = featureValues(features, events);
      return features.map(({ name }, f) => ({ feature: name, symbol, day, values: values[f] as ArrayLike<number> }));
    }),
  );
}

function fittedOnFirstDay(columns: readonly ScalingColumn[], feature: string): Scaler {
  const first = columns.filter((column) => column.feature === feature && column.day === 0);
  return fitScaler(Float32Array.from(first.flatMap(({ values }) => Array.from(values))), 1);
}

function ofFeature({ mean, deviation, clip }: Scaler, f: number): Scaler {
  return { mean: [mean[f] as number], deviation: [deviation[f] as number], clip };
}
