/** A market as it was recorded, cut in time: rows and labels of one part know nothing of the next. */
import type { Scaler } from '../../runtime/contract.ts';
import type { SeenSeries } from '../evaluation/dataset.ts';
import { forwardReturns } from '../training/labels.ts';
import { joinRows, type Rows } from '../training/rows.ts';
import { scaleRows } from '../training/scaler.ts';
import { type HeldBack, heldBack, type Span, type Split, walkForward } from '../training/split.ts';

/** All symbols of one slice of a market. */
export type Stretch = readonly SeenSeries[];

export interface Cutting {
  readonly decisionIntervalUs: number;
  readonly horizons: readonly number[];
}

export type Part = readonly SeenSeries[];
export type Parts<S> = { readonly [Name in keyof S]: Part };

/** Each stretch cut alike: of each fold what is trained on, what is held back, and what is tested on. @throws RangeError when a stretch is too short */
export function folds(stretches: readonly Stretch[], cutting: Cutting, count: number): Parts<Split>[] {
  const cuts = stretches.map((stretch) => ({ stretch, splits: splitsOf(stretch, cutting, count) }));
  return Array.from({ length: count }, (_, fold) => {
    const of = (name: keyof Split) =>
      cuts.flatMap(({ stretch, splits }) => cut(stretch, cutting, (splits[fold] as Split)[name]));
    return { training: of('training'), validation: of('validation'), test: of('test') };
  });
}

function splitsOf(stretch: Stretch, cutting: Cutting, count: number): Split[] {
  return walkForward(decisionsIn(stretch, cutting), embargo(cutting), count);
}

/** All of each stretch, but for what is held back at its end. @throws RangeError likewise */
export function whole(stretches: readonly Stretch[], cutting: Cutting): Parts<HeldBack> {
  const cuts = stretches.map((stretch) => ({
    stretch,
    parts: heldBack(decisionsIn(stretch, cutting), embargo(cutting)),
  }));
  const of = (name: keyof HeldBack) => cuts.flatMap(({ stretch, parts }) => cut(stretch, cutting, parts[name]));
  return { training: of('training'), validation: of('validation') };
}

/** Rows that a model trained elsewhere is held to: scaled as it was. */
export function heldRows(part: Part, scaler: Scaler, cutting: Cutting): Rows {
  const { horizons } = cutting;
  const series = part
    .filter(({ midTicks }) => midTicks.length > Math.max(...horizons))
    .map(({ rows, midTicks, unitTicks }) => ({
      x: scaleRows(rows, scaler),
      y: forwardReturns({ mid: midTicks, volatility: unitTicks }, horizons),
    }));
  if (series.length === 0) {
    const longest = Math.max(0, ...part.map(({ midTicks }) => midTicks.length));
    throw new RangeError(
      `data set: the longest series held back has ${longest} decisions, more than the longest horizon's ${Math.max(...horizons)} are needed; a longer market, fewer folds or shorter horizons help`,
    );
  }
  return joinRows(series, scaler.mean.length, horizons.length);
}

function embargo({ horizons }: Cutting): number {
  return Math.max(...horizons);
}

function beginning(stretch: Stretch): number {
  return Math.min(...stretch.map(({ timeUs }) => timeUs[0] ?? Number.POSITIVE_INFINITY));
}

function decisionsIn(stretch: Stretch, { decisionIntervalUs }: Cutting): number {
  const end = Math.max(...stretch.map(({ timeUs }) => timeUs.at(-1) ?? Number.NEGATIVE_INFINITY));
  const lasted = end - beginning(stretch);
  return Number.isFinite(lasted) ? Math.floor(lasted / decisionIntervalUs) + 1 : 0;
}

/** The rows of a span of decisions, by their time: symbols that were not always there are cut where the others are. */
function cut(stretch: Stretch, { decisionIntervalUs }: Cutting, { from, to }: Span): Part {
  const began = beginning(stretch);
  return stretch.map(({ symbol, rows, timeUs, midTicks, unitTicks }) => {
    const first = (decision: number) => {
      const at = timeUs.findIndex((time) => time >= began + decision * decisionIntervalUs);
      return at < 0 ? timeUs.length : at;
    };
    const [start, end] = [first(from), first(to)];
    const of = <A extends Float32Array | Float64Array>(values: A): A => {
      const width = timeUs.length === 0 ? 0 : values.length / timeUs.length;
      return values.subarray(start * width, end * width) as A;
    };
    return { symbol, rows: of(rows), timeUs: of(timeUs), midTicks: of(midTicks), unitTicks: of(unitTicks) };
  });
}
