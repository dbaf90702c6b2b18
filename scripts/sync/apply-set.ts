/**
 * What belongs to an environment in a cluster: an ApplySet (Kubernetes KEP 3659). Its parent, a ConfigMap, says which
 * kinds it ever held; each member carries its id. What is a member and no longer wanted is pruned.
 */
import { createHash } from 'node:crypto';
import { type ClusterObject, groupOf } from './object.ts';

export const PART_OF = 'applyset.kubernetes.io/part-of';
const ID = 'applyset.kubernetes.io/id';
const TOOLING = 'applyset.kubernetes.io/tooling';
const GROUP_KINDS = 'applyset.kubernetes.io/contains-group-kinds';

/** Kinds whose removal loses what cannot be made again, or reaches beyond the environment: never pruned. */
const KEPT = ['PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'CustomResourceDefinition', 'PriorityClass'];

export function parentName(environment: string): string {
  return `emp-apply-set-${environment}`;
}

/** As the KEP defines it: of the parent's name, namespace, kind and group. */
export function applySetId(environment: string, namespace: string): string {
  const hash = createHash('sha256')
    .update(`${parentName(environment)}.${namespace}.ConfigMap.`)
    .digest('base64url');
  return `applyset-${hash}-v1`;
}

/** @param kinds what the parent named so far, so that a kind that is left altogether is still looked for */
export function parentOf(
  environment: string,
  namespace: string,
  members: readonly ClusterObject[],
  kinds: readonly string[] = [],
): ClusterObject {
  const all = new Set([...kinds, ...members.map(groupKindOf)]);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: parentName(environment),
      namespace,
      labels: { [ID]: applySetId(environment, namespace) },
      annotations: { [TOOLING]: 'emp/v1', [GROUP_KINDS]: [...all].sort().join(',') },
    },
  };
}

/** Group-kinds that a parent names, such as `StatefulSet.apps`. */
export function kindsIn(parent: ClusterObject | undefined): string[] {
  return (parent?.metadata.annotations?.[GROUP_KINDS] ?? '').split(',').filter(Boolean);
}

export function groupKindOf({ apiVersion, kind }: ClusterObject): string {
  const group = groupOf(apiVersion);
  return group === '' ? kind : `${kind}.${group}`;
}

export function asMember(object: ClusterObject, environment: string, namespace: string): ClusterObject {
  const labels = { ...object.metadata.labels, [PART_OF]: applySetId(environment, namespace) };
  return { ...object, metadata: { ...object.metadata, labels } };
}

export function mayBePruned(kind: string): boolean {
  return !KEPT.includes(kind);
}
