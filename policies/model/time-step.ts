/** How time steps begin: softplus(bias) log-uniform over [0.001, 0.1], one stratum a head. */
import type { ParameterKind } from './mixing.ts';

const SMALLEST = 1e-3;
const LARGEST = 0.1;

export function timeStepBias(heads: number): ParameterKind {
  return {
    name: 'timeStepBias',
    shape: [heads, 1],
    decays: false,
    draw: (random, head) => biasOf((head + random.float()) / heads),
  };
}

/** The bias whose softplus is the time step at `quantile` of the log-uniform distribution. */
function biasOf(quantile: number): number {
  const step = SMALLEST * (LARGEST / SMALLEST) ** quantile;
  return step + Math.log(-Math.expm1(-step));
}
