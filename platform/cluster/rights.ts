/** Who may do what in an environment. Nobody here may read a secret, start a pod or open a shell in one. */
import type { ClusterConfiguration } from './configuration.ts';
import type { Place } from './namespace.ts';
import { type ClusterObject, ownLabels } from './object.ts';

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const LOOK = ['get', 'list', 'watch'];

const look: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps', 'events', 'persistentvolumeclaims', 'pods', 'pods/log', 'resourcequotas', 'services'],
    verbs: LOOK,
  },
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: LOOK },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: LOOK },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: LOOK },
  { apiGroups: ['kueue.x-k8s.io'], resources: ['localqueues', 'workloads'], verbs: LOOK },
];

/** Restarting and looking closer; nothing that changes what runs: that is a commit. */
const operate: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['delete'] },
  { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['delete'] },
];

export function rightsObjects(
  { namespace }: Place,
  { auditors, operators }: ClusterConfiguration,
): readonly ClusterObject[] {
  return [
    ...granted('emp-auditor', namespace, look, auditors),
    ...granted('emp-operator', namespace, [...look, ...operate], operators),
  ];
}

/** A role that nobody has is not written. */
function granted(
  name: string,
  namespace: string,
  rules: readonly PolicyRule[],
  groups: readonly string[],
): readonly ClusterObject[] {
  if (groups.length === 0) return [];
  const metadata = { name, namespace, labels: ownLabels };
  return [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: groups.map((group) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group })),
    },
  ];
}
