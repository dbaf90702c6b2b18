/** Argo CD's view of an environment (argoproj.io/v1alpha1): a project that may touch its namespace and nothing else. */
import type { ClusterConfiguration } from './configuration.ts';
import type { Place } from './namespace.ts';
import { type ClusterObject, ownLabels } from './object.ts';

const API = 'argoproj.io/v1alpha1';

export function argocdObjects(
  { environment, namespace }: Place,
  { argocd }: ClusterConfiguration,
): readonly ClusterObject[] {
  if (argocd === undefined) return [];
  const name = `emp-${environment}`;
  const metadata = { name, namespace: argocd.namespace, labels: ownLabels };
  return [
    {
      apiVersion: API,
      kind: 'AppProject',
      metadata,
      spec: {
        description: `EMP in ${environment}`,
        sourceRepos: [argocd.repository],
        destinations: [{ server: 'https://kubernetes.default.svc', namespace }],
        // Priority classes are the one thing of the overlay that has no namespace.
        clusterResourceWhitelist: [{ group: 'scheduling.k8s.io', kind: 'PriorityClass' }],
        namespaceResourceBlacklist: [
          { group: '', kind: 'Secret' },
          { group: '', kind: 'ResourceQuota' },
          { group: '', kind: 'LimitRange' },
          { group: 'rbac.authorization.k8s.io', kind: 'Role' },
          { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding' },
        ],
      },
    },
    {
      apiVersion: API,
      kind: 'Application',
      metadata: {
        ...metadata,
        // A commit that touches none of these is no reason to render again.
        annotations: {
          'argocd.argoproj.io/manifest-generate-paths': `/environments/${environment};/environments/base;/policies/approved`,
        },
      },
      spec: {
        project: name,
        source: { repoURL: argocd.repository, targetRevision: argocd.revision, path: `environments/${environment}` },
        destination: { server: 'https://kubernetes.default.svc', namespace },
        syncPolicy: {
          automated: { prune: true, selfHeal: true },
          syncOptions: ['ServerSideApply=true', 'CreateNamespace=false', 'PrunePropagationPolicy=foreground'],
          retry: { limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
        },
      },
    },
  ];
}

/** Who applies the overlay where Argo CD does. Source: the names of its default installation. */
export function argocdUser({ argocd }: ClusterConfiguration): string | undefined {
  return argocd && `system:serviceaccount:${argocd.namespace}:argocd-application-controller`;
}
