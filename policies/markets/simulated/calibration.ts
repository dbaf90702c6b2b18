import type { MarketFigures } from '../statistics.ts';

const LAGS = [1, 2, 3, 5, 10, 20, 50];

/** The figures that the calibrated symbol is held to, by name: all positive, so that ratios make sense. */
export function heldFigures(figures: MarketFigures): Record<string, number> {
  const flow = figures.flowAutocorrelation;
  const held: Record<string, number> = {
    eventsPerSecond: figures.eventsPerSecond,
    tradesPerSecond: figures.tradesPerSecond,
    spreadTicksMean: figures.spreadTicksMean,
    spreadTicksMedian: figures.spreadTicksMedian,
    cancelsPerSubmit: figures.cancelsPerSubmit,
    absoluteReturnAutocorrelation1s: figures.absoluteReturnAutocorrelation1s,
    absoluteReturnAutocorrelation10s: figures.absoluteReturnAutocorrelation10s,
    tailExponent1s: figures.tailExponent1s,
    tailExponent10s: figures.tailExponent10s,
    flowAutocorrelationMean1to50: meanOf(flow),
    flowAutocorrelationMean21to50: meanOf(flow.slice(20)),
  };
  for (const lag of LAGS) held[`flowAutocorrelationLag${lag}`] = flow[lag - 1] as number;
  figures.depthLots.forEach((lots, i) => {
    held[`depthLotsLevel${i + 1}`] = lots;
  });
  figures.depthRelative.slice(1).forEach((depth, i) => {
    held[`depthRelativeLevel${i + 2}`] = depth;
  });
  return held;
}

/** Each figure's median over the runs. */
export function medianFigures(runs: readonly Record<string, number>[]): Record<string, number> {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, medianOf(runs.map((run) => run[name] as number))]));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}
