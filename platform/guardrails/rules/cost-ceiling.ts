/** What all pools together may cost in one hour, if they grow as far as they may. Fixed nodes cost nothing more by use. */
import type { ClusterObject } from '../../cluster/object.ts';
import { GPU, GPUS_PER_NODE } from '../../cluster/pools/pool.ts';
import type { Context, Finding, Rule } from '../rule.ts';

type Prices = Context['configuration']['prices'];

export const costCeiling: Rule = {
  name: 'cost-ceiling',
  holds: 'all pools together cost at most the ceiling, each at its limit',
  applies: () => true,
  checkAll(objects, { configuration }) {
    const findings: Finding[] = [];
    const costs: { readonly object: ClusterObject; readonly milliUsdPerHour: number }[] = [];
    for (const object of objects) {
      const cost = costOf(object, objects, configuration.prices);
      if (typeof cost === 'string') findings.push({ object, problem: cost });
      if (typeof cost === 'number') costs.push({ object, milliUsdPerHour: cost });
    }
    const total = costs.reduce((sum, { milliUsdPerHour }) => sum + milliUsdPerHour, 0);
    const ceiling = configuration.ceilingMilliUsdPerHour;
    const dearest = costs.toSorted((a, b) => b.milliUsdPerHour - a.milliUsdPerHour)[0];
    if (dearest === undefined || total <= ceiling) return findings;
    const problem =
      `all pools together may cost ${total} milliUsdPerHour, at most ${ceiling} is allowed` +
      ` (emp:cluster.ceilingMilliUsdPerHour); this one may cost ${dearest.milliUsdPerHour}`;
    return [...findings, { object: dearest.object, problem }];
  },
};

/** What the pool costs at its limit; a sentence when that cannot be said; undefined when the object is no pool. */
export function costOf(
  object: ClusterObject,
  objects: readonly ClusterObject[],
  prices: Prices,
): number | string | undefined {
  switch (object.kind) {
    case 'NodePool':
      return nodePoolCost(object, prices);
    case 'ComputeClass':
      return computeClassCost(object, objects, prices);
    default:
      return undefined;
  }
}

interface NodePoolSpec {
  readonly limits?: Readonly<Record<string, string | number>>;
  readonly template: {
    readonly spec: { readonly requirements?: readonly { readonly key: string; readonly values?: readonly string[] }[] };
  };
}

function nodePoolCost(object: ClusterObject, prices: Prices): number | string {
  const spec = object['spec'] as NodePoolSpec;
  const required = (key: string) =>
    spec.template.spec.requirements?.find((requirement) => requirement.key === key)?.values ?? [];
  const limit = spec.limits?.[GPU];
  if (limit === undefined) return `has no limit of ${GPU}, so it may cost anything`;
  const perNode = Number(object.metadata.annotations?.[GPUS_PER_NODE] ?? 1);
  const nodes = Math.ceil(Number(limit) / perNode);
  const spotOnly = required('karpenter.sh/capacity-type').every((type) => type === 'spot');
  return nodesCost(nodes, required('node.kubernetes.io/instance-type'), spotOnly, prices);
}

interface ComputeClassSpec {
  readonly priorities?: readonly {
    readonly machineType?: string;
    readonly spot?: boolean;
    readonly gpu?: { readonly count?: number; readonly gpuSharing?: { readonly maxSharedClientsPerGPU?: number } };
  }[];
}

interface ClusterQueueSpec {
  readonly resourceGroups?: readonly {
    readonly flavors: readonly {
      readonly name: string;
      readonly resources: readonly { readonly name: string; readonly nominalQuota: string | number }[];
    }[];
  }[];
}

/** Its cap is the queue's quota: nothing else asks for its nodes. */
function computeClassCost(object: ClusterObject, objects: readonly ClusterObject[], prices: Prices): number | string {
  const { priorities = [] } = object['spec'] as ComputeClassSpec;
  const quota = objects
    .filter(({ kind }) => kind === 'ClusterQueue')
    .flatMap((queue) => (queue['spec'] as ClusterQueueSpec).resourceGroups ?? [])
    .flatMap(({ flavors }) => flavors)
    .find(({ name }) => name === object.metadata.name)
    ?.resources.find(({ name }) => name === GPU)?.nominalQuota;
  if (quota === undefined) return 'no queue has a quota of its GPUs, so it may cost anything';
  const perNode = Math.min(
    ...priorities.map(({ gpu }) => (gpu?.count ?? 1) * (gpu?.gpuSharing?.maxSharedClientsPerGPU ?? 1)),
  );
  const machines = priorities.flatMap(({ machineType }) => machineType ?? []);
  const spotOnly = priorities.every(({ spot }) => spot === true);
  return nodesCost(Math.ceil(Number(quota) / perNode), machines, spotOnly, prices);
}

/** Of several machines the dearest counts. */
function nodesCost(nodes: number, machines: readonly string[], spotOnly: boolean, prices: Prices): number | string {
  if (machines.length === 0) return 'names no machine, so it may cost anything';
  const unpriced = machines.find((machine) => prices[machine] === undefined);
  if (unpriced !== undefined) return `the machine ${unpriced} has no price in emp:cluster.prices`;
  const each = machines.map(
    (machine) => prices[machine]?.[spotOnly ? 'spotMilliUsdPerHour' : 'onDemandMilliUsdPerHour'] ?? 0,
  );
  return nodes * Math.max(...each);
}
