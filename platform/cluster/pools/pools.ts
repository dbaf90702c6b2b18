/** The node pools of one environment, in the dialect of its cloud. */
import type { ClusterConfiguration } from '../configuration.ts';
import type { ClusterObject } from '../object.ts';
import { aws } from './aws.ts';
import { azure } from './azure.ts';
import { fixed } from './fixed.ts';
import { gke } from './gke.ts';
import { type Dialect, type Pool, speak } from './pool.ts';

export interface NamedPool {
  readonly pool: Pool;
  /** Unique in the cluster: two environments may share one. */
  readonly fullName: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
}

export function dialectOf({ nodes }: ClusterConfiguration): Dialect {
  switch (nodes.by) {
    case 'karpenter-aws':
      return aws(nodes);
    case 'karpenter-azure':
      return azure(nodes);
    case 'gke':
      return gke;
    case 'fixed':
      return fixed;
  }
}

export function poolsOf(environment: string, configuration: ClusterConfiguration): readonly NamedPool[] {
  const dialect = dialectOf(configuration);
  return configuration.pools.map((pool) => {
    const fullName = `emp-${environment}-${pool.name}`;
    return { pool, fullName, nodeLabels: dialect.nodeLabels(pool, fullName) };
  });
}

/** @throws Error with one line for each field that the cloud cannot express, and for each name used twice */
export function poolObjects(environment: string, configuration: ClusterConfiguration): readonly ClusterObject[] {
  const dialect = dialectOf(configuration);
  const named = poolsOf(environment, configuration);
  const twice = named.filter(
    ({ fullName }, index) => named.findIndex((other) => other.fullName === fullName) !== index,
  );
  if (twice.length > 0) {
    throw new Error(`emp:cluster.pools: the name ${twice[0]?.pool.name} is there twice, each needs one of its own`);
  }
  return named.flatMap(({ pool, fullName }, index) => speak(dialect, pool, fullName, `emp:cluster.pools.${index}`));
}
