/** What both clouds with Karpenter share: the NodePool (karpenter.sh/v1). Source: the CRD's schema and karpenter.sh/docs. */
import { type ClusterObject, ownLabels } from '../object.ts';
import { consolidationOf, GPU, GPUS_PER_NODE, POOL_LABEL, type Pool, type Refusal, taintsOf } from './pool.ts';

export interface NodeClassRef {
  readonly group: string;
  readonly kind: string;
}

export interface Requirement {
  readonly key: string;
  readonly operator: 'In';
  readonly values: readonly string[];
}

/** Karpenter's default: nodes are replaced within a month, so that their image is no older. */
const MAX_NODE_AGE_HOURS = 720;

/** A pod that ignores SIGTERM holds a node no longer than this after its replacement began. */
const TERMINATION_GRACE = '30m';

export function karpenterRefusals(pool: Pool): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (pool.limitGpus === undefined) {
    refusals.push({
      field: 'limitGpus',
      because: 'a NodePool without one grows without end; give the most it may start',
    });
  }
  if (pool.sharing.by === 'dra') {
    refusals.push({
      field: 'sharing',
      because: 'Karpenter starts no node for a ResourceClaim (kubernetes-sigs/karpenter#3228); share by time-slicing',
    });
  }
  return refusals;
}

export function nodePool(pool: Pool, fullName: string, nodeClass: NodeClassRef, gpu: Requirement): ClusterObject {
  const consolidation = consolidationOf(pool);
  const frozen = pool.disruption?.frozen;
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name: fullName, labels: ownLabels, annotations: { [GPUS_PER_NODE]: String(pool.gpu.perNode) } },
    spec: {
      template: {
        metadata: { labels: karpenterLabels(fullName) },
        spec: {
          nodeClassRef: { ...nodeClass, name: fullName },
          taints: taintsOf(pool),
          requirements: [
            { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] },
            { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
            { key: 'node.kubernetes.io/instance-type', operator: 'In', values: [pool.machine] },
            { key: 'karpenter.sh/capacity-type', operator: 'In', values: [pool.capacity] },
            gpu,
          ],
          expireAfter: `${pool.maxNodeAgeHours ?? MAX_NODE_AGE_HOURS}h`,
          terminationGracePeriod: TERMINATION_GRACE,
        },
      },
      disruption: {
        consolidationPolicy: consolidation.when === 'empty' ? 'WhenEmpty' : 'WhenEmptyOrUnderutilized',
        consolidateAfter: `${consolidation.afterMinutes}m`,
        budgets: [
          { nodes: pool.disruption?.nodesAtOnce ?? '10%' },
          ...(frozen === undefined ? [] : [{ nodes: '0', schedule: frozen.schedule, duration: `${frozen.hours}h` }]),
        ],
      },
      limits: { [GPU]: String(pool.limitGpus) },
    },
  };
}

export function karpenterLabels(fullName: string): Readonly<Record<string, string>> {
  return { [POOL_LABEL]: fullName };
}
