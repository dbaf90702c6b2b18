/**
 * Both heads of the step form, where the weights are known, in few operations: starting one costs more than its arithmetic
 * at one row. The bits are those of the heads as `network.ts` builds them.
 */
import type { Value } from '../graph/graph.ts';
import { add, matmul, reshape, tanh } from '../graph/ops.ts';
import { dataOf } from './joined.ts';
import type { Parameters } from './mixing.ts';
import { LOG_SCALE_BOUND } from './network.ts';

/** @param rows behind the last norm: (S, dModel). @returns mean and log-scale of each horizon: (S, horizons, 2) */
export function stepHead(rows: Value, horizons: number, parameter: Parameters): Value {
  const { graph } = rows;
  const [streams, dModel] = rows.shape as [string | number, number];
  const head = (name: string) => dataOf(parameter(`head.${name}`));
  const matrix = (height: number, entry: (row: number, column: number) => number, width: number) =>
    graph.constant(
      [height, width],
      Array.from({ length: height * width }, (_, i) => entry(Math.floor(i / width), i % width)),
    );
  // Division by a power of two is exact, so it may be done to the weights.
  const [logScaleWeight, logScaleBias] = [head('logScale.weight'), head('logScale.bias')];
  const scaled = (values: ArrayLike<number>, i: number) => (values[i] as number) / LOG_SCALE_BOUND;
  const bounded = tanh(
    add(
      matmul(
        rows,
        matrix(dModel, (row, column) => scaled(logScaleWeight, row * horizons + column), horizons),
      ),
      graph.constant(
        [horizons],
        Array.from({ length: horizons }, (_, i) => scaled(logScaleBias, i)),
      ),
    ),
  );
  // Means stand in the even columns and log-scales in the odd ones; what is added to either is zero in the other's.
  const [meanWeight, meanBias] = [head('mean.weight'), head('mean.bias')];
  const width = 2 * horizons;
  const isMean = (column: number) => column % 2 === 0;
  const logScales = add(
    matmul(
      bounded,
      matrix(horizons, (row, column) => (column === 2 * row + 1 ? LOG_SCALE_BOUND : 0), width),
    ),
    graph.constant(
      [width],
      Array.from({ length: width }, (_, i) => (isMean(i) ? (meanBias[i / 2] as number) : 0)),
    ),
  );
  const means = matrix(
    dModel,
    (row, column) => (isMean(column) ? (meanWeight[row * horizons + column / 2] as number) : 0),
    width,
  );
  return reshape(add(matmul(rows, means), logScales), [streams, horizons, 2]);
}
