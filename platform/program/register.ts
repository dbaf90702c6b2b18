/** Objects as Pulumi resources: the SDK's class for what Kubernetes itself has, a custom resource for the rest. */
import * as kubernetes from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { type ClusterObject, titleOf } from '../cluster/object.ts';

type ResourceClass = new (name: string, args: object, options: pulumi.CustomResourceOptions) => pulumi.CustomResource;

/** What Kubernetes starts pods for; everything that they need comes before. */
const WORKLOADS = [
  'StatefulSet',
  'Deployment',
  'DaemonSet',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
  'ScaledObject',
  'Application',
];

/** 0: rooms, 1: what belongs to the cluster, 2: what a room holds, 3: what runs. One waits for all before it. */
function phaseOf({ kind, metadata }: ClusterObject): 0 | 1 | 2 | 3 {
  if (kind === 'Namespace') return 0;
  if (WORKLOADS.includes(kind)) return 3;
  return metadata.namespace === undefined ? 1 : 2;
}

/**
 * Pulumi would wait until pods are ready. A runtime is ready once it has a trust root and a venue, neither of which any
 * program can bring, so the wait could only time out; the stack's output `watch` is the command to follow it.
 */
function unawaited(object: ClusterObject): ClusterObject {
  if (phaseOf(object) !== 3 && object.kind !== 'Service') return object;
  const annotations = { ...object.metadata.annotations, 'pulumi.com/skipAwait': 'true' };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

export interface Registration {
  /** Namespaces cannot be destroyed before somebody takes the protection away: their volumes go with them. */
  readonly protectNamespaces: boolean;
}

export function register(
  objects: readonly ClusterObject[],
  { protectNamespaces }: Registration,
): pulumi.CustomResource[] {
  const registered: pulumi.CustomResource[] = [];
  for (const phase of [0, 1, 2, 3]) {
    const dependsOn = [...registered];
    for (const object of objects.filter((candidate) => phaseOf(candidate) === phase)) {
      const { apiVersion, kind, metadata } = object;
      const Resource = classOf(apiVersion, kind);
      const name = titleOf(object).replace(`${apiVersion} `, '').replaceAll(' ', '/');
      const protect = protectNamespaces && kind === 'Namespace';
      // Explicit names leave no room for a second object beside the first.
      const options = { dependsOn, protect, deleteBeforeReplace: true };
      registered.push(new Resource(name, unawaited({ ...object, apiVersion, kind, metadata }), options));
    }
  }
  return registered;
}

/** `networking.k8s.io/v1 NetworkPolicy` is `kubernetes.networking.v1.NetworkPolicy`. */
function classOf(apiVersion: string, kind: string): ResourceClass {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const custom = group?.includes('.') && !group.endsWith('.k8s.io');
  const groups = kubernetes as unknown as Record<string, Record<string, Record<string, ResourceClass>>>;
  const found = custom ? undefined : groups[group?.split('.')[0] ?? '']?.[version ?? '']?.[kind];
  return found ?? (kubernetes.apiextensions.CustomResource as unknown as ResourceClass);
}
