/** How far what was found is from what a file holds. */
import type { Result } from '../../graph/session.ts';
import { formatShape, sameShape } from '../../graph/shape.ts';
import { type Tensor, VectorError } from './vector-file.ts';

/**
 * Largest difference over the largest expected entry. Angles, whose names begin with phi, are compared whole turns aside.
 * @throws VectorError when the shapes differ
 */
export function relative(name: string, actual: Result, expected: Tensor): number {
  if (!sameShape(actual.shape, expected.shape)) {
    throw new VectorError(
      `${name} is ${formatShape(expected.shape)} in the file, the block's is ${formatShape(actual.shape)}`,
    );
  }
  // Zeros are expected where nothing flows: there the difference itself counts.
  const largest = Math.max(...expected.data.map(Math.abs)) || 1;
  if (!name.startsWith('phi')) return difference(actual.data, expected.data) / largest;
  const turn = 2 * Math.PI;
  const gaps = expected.data.map((value, i) => {
    const gap = (actual.data[i] as number) - value;
    return gap - turn * Math.round(gap / turn);
  });
  return difference(gaps, new Array(gaps.length).fill(0)) / Math.max(1, largest);
}

/** The largest number where one is not a number, or lengths differ: JSON has no infinity. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.MAX_VALUE;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const gap = Math.abs((a[i] as number) - (b[i] as number));
    worst = Number.isNaN(gap) ? Number.MAX_VALUE : Math.max(worst, gap);
  }
  return worst;
}

export function asTensor({ shape, data }: Result): Tensor {
  return { shape: [...shape], data: [...data] };
}
