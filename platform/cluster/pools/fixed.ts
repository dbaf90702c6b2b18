/** Nodes that are there already: the pool is those that somebody gave its label and taints. */
import { type Dialect, POOL_LABEL, type Refusal } from './pool.ts';

const because = 'nothing here starts or ends a node';

export const fixed: Dialect = {
  title: 'fixed nodes',
  refusals: (pool) =>
    (['limitGpus', 'consolidate', 'disruption', 'maxNodeAgeHours'] as const)
      .filter((field) => pool[field] !== undefined)
      .map((field): Refusal => ({ field, because })),
  nodeLabels: (_pool, fullName) => ({ [POOL_LABEL]: fullName }),
  objects: () => [],
};
