/**
 * Queues for what can wait (Kueue, kueue.x-k8s.io/v1beta2): one ClusterQueue with the environment's share, a LocalQueue
 * each for gates and evolution, and priorities by which a gate takes room from evolution.
 */
import type { ClusterConfiguration } from './configuration.ts';
import { ENVIRONMENT_LABEL, type Place } from './namespace.ts';
import { type ClusterObject, ownLabels } from './object.ts';
import { GPU, taintsOf } from './pools/pool.ts';
import { type NamedPool, poolsOf } from './pools/pools.ts';
import { sharesPerGpu } from './pools/sharing.ts';

const API = 'kueue.x-k8s.io/v1beta2';

/** Queue name → Kueue's priority of what waits in it. Named after the environment: Kueue knows no namespaces for them. */
export const QUEUES = { gates: 100, evolution: 10 } as const;

/** None where the configuration says nothing of `jobs`: then there is no Kueue. */
export function queueObjects(place: Place, configuration: ClusterConfiguration): readonly ClusterObject[] {
  const { environment, namespace } = place;
  const { jobs } = configuration;
  if (jobs === undefined) return [];
  const queue = `emp-${environment}`;
  // A claimed device is no counted resource: Kueue sees GPUs that the device plugin offers, not those of DRA.
  const pools = poolsOf(environment, configuration).filter(({ pool }) => pool.sharing.by !== 'dra');
  const plain = `emp-${environment}-cpu`;
  return [
    { apiVersion: API, kind: 'ResourceFlavor', metadata: { name: plain, labels: ownLabels }, spec: {} },
    ...pools.map(flavor),
    {
      apiVersion: API,
      kind: 'ClusterQueue',
      metadata: { name: queue, labels: ownLabels },
      spec: {
        namespaceSelector: { matchLabels: { [ENVIRONMENT_LABEL]: environment } },
        queueingStrategy: 'BestEffortFIFO',
        preemption: { withinClusterQueue: 'LowerPriority' },
        resourceGroups: [
          {
            coveredResources: ['cpu', 'memory', 'ephemeral-storage'],
            flavors: [
              {
                name: plain,
                resources: [
                  { name: 'cpu', nominalQuota: String(jobs.cpuCores) },
                  { name: 'memory', nominalQuota: `${jobs.memoryGi}Gi` },
                  { name: 'ephemeral-storage', nominalQuota: `${jobs.storageGi}Gi` },
                ],
              },
            ],
          },
          ...(pools.length === 0 ? [] : [{ coveredResources: [GPU], flavors: pools.map(gpuShare) }]),
        ],
      },
    },
    ...Object.entries(QUEUES).flatMap(([name, value]): ClusterObject[] => [
      {
        apiVersion: API,
        kind: 'LocalQueue',
        metadata: { name, namespace, labels: ownLabels },
        spec: { clusterQueue: queue },
      },
      {
        apiVersion: API,
        kind: 'WorkloadPriorityClass',
        metadata: { name: `emp-${environment}-${name}`, labels: ownLabels },
        value,
        description: `EMP: ${name} in ${environment}`,
      },
    ]),
  ];
}

/** Whoever is admitted to the flavor gets the way to its nodes: selector and tolerations. */
function flavor({ pool, fullName, nodeLabels }: NamedPool): ClusterObject {
  return {
    apiVersion: API,
    kind: 'ResourceFlavor',
    metadata: { name: fullName, labels: ownLabels },
    spec: {
      nodeLabels,
      tolerations: taintsOf(pool).map(({ key, value, effect }) => ({ key, operator: 'Equal', value, effect })),
    },
  };
}

function gpuShare({ pool, fullName }: NamedPool) {
  return { name: fullName, resources: [{ name: GPU, nominalQuota: String(pool.quotaGpus * sharesPerGpu(pool)) }] };
}
