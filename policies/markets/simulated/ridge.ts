/** A linear forecast. */
export type Linear = (features: Float64Array) => number;

/** Ridge regression through the origin on features scaled to unit mean square; `strength` is relative to their number. */
export function fitRidge(rows: readonly Float64Array[], targets: readonly number[], strength: number): Linear {
  const n = rows[0]?.length ?? 0;
  const scale = new Float64Array(n);
  for (const row of rows) for (let i = 0; i < n; i++) scale[i] += (row[i] * row[i]) / rows.length;
  for (let i = 0; i < n; i++) scale[i] = Math.sqrt(scale[i]) || 1;
  const system = Array.from({ length: n }, () => new Float64Array(n + 1));
  rows.forEach((row, k) => {
    for (let i = 0; i < n; i++) {
      const equation = system[i] as Float64Array;
      const x = row[i] / scale[i];
      for (let j = 0; j < n; j++) equation[j] += (x * row[j]) / scale[j];
      equation[n] += x * (targets[k] as number);
    }
  });
  for (let i = 0; i < n; i++) (system[i] as Float64Array)[i] += strength * rows.length;
  const weights = solve(system);
  return (features) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (weights[i] * features[i]) / scale[i];
    return sum;
  };
}

/** Gaussian elimination; a ridge system is positive definite, so no pivoting is needed. */
function solve(system: Float64Array[]): Float64Array {
  const n = system.length;
  for (let i = 0; i < n; i++) {
    const pivot = system[i] as Float64Array;
    for (let k = i + 1; k < n; k++) {
      const row = system[k] as Float64Array;
      const factor = row[i] / pivot[i];
      for (let j = i; j <= n; j++) row[j] -= factor * pivot[j];
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = system[i] as Float64Array;
    let sum = row[n];
    for (let j = i + 1; j < n; j++) sum -= row[j] * x[j];
    x[i] = sum / row[i];
  }
  return x;
}

/** Pearson's correlation; NaN when either is constant. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const meanA = meanOf(a);
  const meanB = meanOf(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = (a[i] as number) - meanA;
    const y = (b[i] as number) - meanB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

export interface Mean {
  readonly mean: number;
  readonly standardError: number;
  readonly count: number;
}

/** Mean and its standard error; 0 of nothing. */
export function summarise(values: readonly number[]): Mean {
  const count = values.length;
  const mean = count === 0 ? 0 : meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, count - 1);
  return { mean, standardError: Math.sqrt(variance / Math.max(1, count)), count };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
