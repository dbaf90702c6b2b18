/** The room of one environment: restricted pods, a quota, defaults, and no way in or out but those that are given. */
import type { ClusterConfiguration } from './configuration.ts';
import { type ClusterObject, ownLabels } from './object.ts';
import { GPU, gpusAtMost } from './pools/pool.ts';
import { sharesPerGpu } from './pools/sharing.ts';

/** What the program must know of an environment; the rest is the renderer's. */
export interface Place {
  readonly environment: string;
  readonly mode: 'paper' | 'live';
  readonly namespace: string;
}

/** By these labels admission policies and queues find their namespaces. The mode never changes: see the rule `mode`. */
export const ENVIRONMENT_LABEL = 'emp/environment';
export const MODE_LABEL = 'emp/mode';

export function namespaceObjects(place: Place, configuration: ClusterConfiguration): readonly ClusterObject[] {
  return [namespace(place), quota(place, configuration), defaults(place), denyAll(place)];
}

function namespace({ environment, mode, namespace: name }: Place): ClusterObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        ...ownLabels,
        [ENVIRONMENT_LABEL]: environment,
        [MODE_LABEL]: mode,
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': 'latest',
        'pod-security.kubernetes.io/warn': 'restricted',
        'pod-security.kubernetes.io/audit': 'restricted',
      },
    },
  };
}

function quota(
  { namespace }: Place,
  { quota: { cpuCores, memoryGi, storageGi, pods }, pools }: ClusterConfiguration,
): ClusterObject {
  const gpus = pools.reduce((sum, pool) => sum + gpusAtMost(pool) * sharesPerGpu(pool), 0);
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'emp', namespace, labels: ownLabels },
    spec: {
      hard: {
        'requests.cpu': String(cpuCores),
        'limits.cpu': String(cpuCores),
        'requests.memory': `${memoryGi}Gi`,
        'limits.memory': `${memoryGi}Gi`,
        'requests.storage': `${storageGi}Gi`,
        [`requests.${GPU}`]: String(gpus),
        pods: String(pods),
        // Nothing of ours is reached from outside the cluster.
        'services.loadbalancers': '0',
        'services.nodeports': '0',
      },
    },
  };
}

/** For pods that somebody else puts here: ours say all of it themselves. */
function defaults({ namespace }: Place): ClusterObject {
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'emp', namespace, labels: ownLabels },
    spec: {
      limits: [
        {
          type: 'Container',
          default: { cpu: '500m', memory: '256Mi', 'ephemeral-storage': '64Mi' },
          defaultRequest: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '64Mi' },
        },
      ],
    },
  };
}

/** Every workload brings a policy that opens what it needs; what brings none reaches nobody. */
function denyAll({ namespace }: Place): ClusterObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'default-deny', namespace, labels: ownLabels },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}
