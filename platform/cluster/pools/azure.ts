/** Karpenter on AKS: NodePool and AKSNodeClass (karpenter.azure.com/v1beta1). */
import { ownLabels } from '../object.ts';
import { karpenterLabels, karpenterRefusals, nodePool } from './karpenter.ts';
import type { Dialect, Pool } from './pool.ts';

export interface AzureCluster {
  readonly imageFamily: 'Ubuntu2204' | 'Ubuntu2404' | 'AzureLinux';
}

export function azure(cluster: AzureCluster): Dialect {
  return {
    title: 'Karpenter on AKS',
    refusals: karpenterRefusals,
    nodeLabels: (_pool, fullName) => karpenterLabels(fullName),
    objects: (pool, fullName) => [
      {
        apiVersion: 'karpenter.azure.com/v1beta1',
        kind: 'AKSNodeClass',
        metadata: { name: fullName, labels: ownLabels },
        spec: {
          imageFamily: cluster.imageFamily,
          osDiskSizeGB: 128,
          // AKS installs the driver; only machines for which it can are considered.
          gpu: { mode: 'Driver' },
        },
      },
      nodePool(pool, fullName, { group: 'karpenter.azure.com', kind: 'AKSNodeClass' }, gpu(pool)),
    ],
  };
}

function gpu(pool: Pool) {
  return { key: 'karpenter.azure.com/sku-gpu-name', operator: 'In' as const, values: [pool.gpu.model] };
}
