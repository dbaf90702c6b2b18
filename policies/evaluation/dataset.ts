import { createHash } from 'node:crypto';
import type { Scaler } from '../../runtime/contract.ts';
import {
  type PopulationReference,
  populationReference,
  REFERENCE_ROWS_MIN,
} from '../../runtime/drift/population-index.ts';
import { Random } from '../../runtime/random.ts';
import { forwardReturns } from '../training/labels.ts';
import type { Rows } from '../training/rows.ts';
import { fitScaler, scaleRows } from '../training/scaler.ts';
import type { SymbolSeries } from './recording.ts';

/** A series without what the market offered to traders, which no model learns from. */
export type SeenSeries = Omit<SymbolSeries, 'offered'>;

export interface Dataset {
  readonly rows: Rows;
  readonly scaler: Scaler;
  /** Each raw feature's deciles: what a running policy's market is held against; undefined with too few rows to say. */
  readonly population: PopulationReference[] | undefined;
  /** Digest of raw features and labels, "sha256:…". */
  readonly digest: string;
}

/**
 * Training rows of recorded series: features scaled by one scaler fitted on all of them, labels in volatility units.
 *
 * @param shuffleSeed when given, labels are drawn for another row at random: the same data with nothing to learn, by
 * which gates are tested
 * @throws RangeError when no series is long enough to have a label
 */
export function datasetOf(
  series: readonly SeenSeries[],
  features: number,
  horizons: readonly number[],
  shuffleSeed?: number,
): Dataset {
  const longest = Math.max(...horizons);
  const usable = series.filter(({ midTicks }) => midTicks.length > longest);
  if (usable.length === 0) {
    throw new RangeError(
      `data set: no series of ${series.length} has more than ${longest} decisions, the longest horizon`,
    );
  }
  const raw = concat(usable.map(({ rows }) => rows));
  const labels = concat(
    usable.map(({ midTicks, unitTicks }) => forwardReturns({ mid: midTicks, volatility: unitTicks }, horizons)),
  );
  if (shuffleSeed !== undefined) shuffleRows(labels, horizons.length, Random.of(shuffleSeed, 'shuffled-labels'));
  const scaler = fitScaler(raw, features);
  const segments: number[] = [];
  let start = 0;
  for (const { midTicks } of usable) {
    segments.push(start);
    start += midTicks.length;
  }
  const digest = createHash('sha256').update(bytesOf(raw)).update(bytesOf(labels)).digest('hex');
  return {
    rows: { features, horizons: horizons.length, x: shared(scaleRows(raw, scaler)), y: shared(labels), segments },
    scaler,
    population: populationOf(usable, features),
    digest: `sha256:${digest}`,
  };
}

/** A slice, with all its symbols, is a window: shorter than those that are judged, so that usual is said rather too much. */
function populationOf(series: readonly SeenSeries[], features: number): PopulationReference[] | undefined {
  if (series.reduce((rows, { midTicks }) => rows + midTicks.length, 0) < REFERENCE_ROWS_MIN) return undefined;
  const first = series[0]?.symbol;
  const slices: SeenSeries[][] = [];
  for (const part of series) {
    if (part.symbol === first) slices.push([]);
    slices.at(-1)?.push(part);
  }
  return Array.from({ length: features }, (_, f) => {
    const columns = slices.map((parts) => parts.flatMap(({ rows }) => [...columnOf(rows, f, features)]));
    return populationReference(columns.flat(), columns);
  });
}

function columnOf(rows: Float32Array, feature: number, features: number): Float32Array {
  return Float32Array.from({ length: rows.length / features }, (_, row) => rows[row * features + feature]);
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Fisher–Yates over whole label rows. */
function shuffleRows(labels: Float32Array, width: number, random: Random): void {
  for (let i = labels.length / width - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    for (let h = 0; h < width; h++) {
      const [a, b] = [i * width + h, j * width + h];
      [labels[a], labels[b]] = [labels[b], labels[a]];
    }
  }
}

/** The same values in memory that workers share instead of copying. */
function shared(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
