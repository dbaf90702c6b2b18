/** GKE: ComputeClass (cloud.google.com/v1). Its schema knows no limit of GPUs and no budget of disruptions. */
import { ownLabels } from '../object.ts';
import { consolidationOf, type Dialect, POOL_LABEL, type Pool, type Refusal, taintsOf } from './pool.ts';

export const gke: Dialect = {
  title: 'GKE ComputeClass',
  refusals(pool) {
    const refusals: Refusal[] = [];
    if (pool.limitGpus !== undefined) {
      refusals.push({ field: 'limitGpus', because: 'it has no limit of GPUs; quotaGpus caps them at the queue' });
    }
    if (pool.disruption !== undefined) {
      refusals.push({
        field: 'disruption',
        because: 'it has no disruption budget; use the cluster’s maintenance windows',
      });
    }
    if (pool.sharing.by === 'dra') {
      refusals.push({ field: 'sharing', because: 'its only DRA field is for networking; share by time-slicing' });
    }
    return refusals;
  },
  nodeLabels: (_pool, fullName) => ({ 'cloud.google.com/compute-class': fullName }),
  objects: (pool, fullName) => [
    {
      apiVersion: 'cloud.google.com/v1',
      kind: 'ComputeClass',
      metadata: { name: fullName, labels: ownLabels },
      spec: {
        nodePoolAutoCreation: { enabled: true },
        // Neither another machine nor another price than the one declared.
        whenUnsatisfiable: 'DoNotScaleUp',
        autoscalingPolicy: {
          consolidationDelayMinutes: consolidationOf(pool).afterMinutes,
          consolidationThreshold: UNDERUSED_PERCENT[consolidationOf(pool).when],
          gpuConsolidationThreshold: UNDERUSED_PERCENT[consolidationOf(pool).when],
        },
        priorities: [
          {
            machineType: pool.machine,
            spot: pool.capacity === 'spot',
            gpu: { type: pool.gpu.model, count: pool.gpu.perNode, driverVersion: 'default', ...sharingOf(pool) },
            ...(pool.maxNodeAgeHours === undefined ? {} : { maxRunDurationSeconds: pool.maxNodeAgeHours * 3_600 }),
          },
        ],
        // GKE taints GPU nodes and nodes of a class by itself; ours says whose they are.
        nodePoolConfig: { taints: taintsOf(pool).filter(({ key }) => key === POOL_LABEL) },
      },
    },
  ],
};

/** Share of use below which a node may go. */
const UNDERUSED_PERCENT = { empty: 0, underused: 50 } as const;

function sharingOf(pool: Pool) {
  if (pool.sharing.by !== 'time-slicing') return {};
  return { gpuSharing: { sharingStrategy: 'TIME_SHARING', maxSharedClientsPerGPU: pool.sharing.replicas } };
}
