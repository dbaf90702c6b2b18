/** Karpenter on AWS: NodePool and EC2NodeClass (karpenter.k8s.aws/v1). */
import { ownLabels } from '../object.ts';
import { karpenterLabels, karpenterRefusals, nodePool } from './karpenter.ts';
import type { Dialect, Pool } from './pool.ts';

export interface AwsCluster {
  /** The value of the tag `karpenter.sh/discovery` on the subnets and security groups of the cluster. */
  readonly discoveryTag: string;
  /** The IAM role of the nodes. */
  readonly nodeRole: string;
  /** Image of the nodes, pinned: `al2023@v20260801`. `@latest` would change the nodes without a commit. */
  readonly amiAlias: string;
}

export function aws(cluster: AwsCluster): Dialect {
  return {
    title: 'Karpenter on AWS',
    refusals: karpenterRefusals,
    nodeLabels: (_pool, fullName) => karpenterLabels(fullName),
    objects: (pool, fullName) => [
      {
        apiVersion: 'karpenter.k8s.aws/v1',
        kind: 'EC2NodeClass',
        metadata: { name: fullName, labels: ownLabels },
        spec: {
          amiSelectorTerms: [{ alias: cluster.amiAlias }],
          role: cluster.nodeRole,
          subnetSelectorTerms: [{ tags: { 'karpenter.sh/discovery': cluster.discoveryTag } }],
          securityGroupSelectorTerms: [{ tags: { 'karpenter.sh/discovery': cluster.discoveryTag } }],
          // A pod cannot reach the node's credentials: tokens only, and none survives a hop.
          metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
          blockDeviceMappings: [
            {
              deviceName: '/dev/xvda',
              rootVolume: true,
              ebs: { volumeSize: '100Gi', volumeType: 'gp3', encrypted: true },
            },
          ],
        },
      },
      nodePool(pool, fullName, { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass' }, gpu(pool)),
    ],
  };
}

function gpu(pool: Pool) {
  return { key: 'karpenter.k8s.aws/instance-gpu-name', operator: 'In' as const, values: [pool.gpu.model] };
}
