/**
 * Argo CD's view of environments (argoproj.io/v1alpha1). A stack declares its own: a project that may touch its namespace
 * and nothing else, and an application. `environments/argocd` declares all of them at once: one project, and an
 * ApplicationSet that makes an application of each overlay's folder. Both are the same project and the same application.
 */
import type { CalendarDocument } from '../../runtime/contract.ts';
import type { ClusterConfiguration } from './configuration.ts';
import type { Place } from './namespace.ts';
import { type ClusterObject, ownLabels } from './object.ts';
import { type SyncWindow, syncWindows } from './sync-windows.ts';

const API = 'argoproj.io/v1alpha1';
const SERVER = 'https://kubernetes.default.svc';

interface Source {
  readonly repository: string;
  readonly revision: string;
}

/** What one stack holds. @param calendar of its market; undefined: it never closes */
export function argocdObjects(
  place: Place,
  { argocd }: ClusterConfiguration,
  calendar: CalendarDocument | undefined,
): readonly ClusterObject[] {
  if (argocd === undefined) return [];
  const { environment, namespace } = place;
  const name = `emp-${environment}`;
  const { annotations, spec } = application(environment, namespace, name, argocd);
  const metadata = { name, namespace: argocd.namespace, labels: ownLabels };
  return [
    {
      apiVersion: API,
      kind: 'AppProject',
      metadata,
      spec: project(`EMP in ${environment}`, namespace, argocd, syncWindows(place, calendar)),
    },
    { apiVersion: API, kind: 'Application', metadata: { ...metadata, annotations }, spec },
  ];
}

/** Repository and branch, which kustomize puts into these objects from `environments/argocd/repository.yaml`. */
const LATER: Source = { repository: 'SET-BY-KUSTOMIZE', revision: 'SET-BY-KUSTOMIZE' };

/** Folders beside the environments', and the one that runs without a cluster. */
const NO_OVERLAY = ['argocd', 'base', 'local', 'schemas'];

/**
 * What `environments/argocd` holds, for all overlays of the repository; the namespace of each is `emp-` and its folder.
 * @param windows of the live environments' sessions
 */
export function argocdForAll(windows: readonly SyncWindow[] = []): readonly ClusterObject[] {
  const folder = '{{ .path.basename }}';
  const { annotations, spec } = application(folder, `emp-${folder}`, 'emp', LATER);
  const metadata = { name: 'emp', labels: ownLabels };
  return [
    {
      apiVersion: API,
      kind: 'AppProject',
      metadata,
      spec: project('EMP, every environment; each may touch its namespace and nothing else', 'emp-*', LATER, windows),
    },
    {
      apiVersion: API,
      kind: 'ApplicationSet',
      metadata,
      spec: {
        goTemplate: true,
        goTemplateOptions: ['missingkey=error'],
        generators: [
          {
            git: {
              repoURL: LATER.repository,
              revision: LATER.revision,
              directories: [
                { path: 'environments/*' },
                ...NO_OVERLAY.map((name) => ({ path: `environments/${name}`, exclude: true })),
              ],
            },
          },
        ],
        // Environments come and go by commits; their applications' resources only by a person.
        syncPolicy: { preserveResourcesOnDeletion: true },
        template: { metadata: { name: `emp-${folder}`, annotations }, spec },
      },
    },
  ];
}

function project(description: string, namespace: string, { repository }: Source, windows: readonly SyncWindow[]) {
  return {
    description,
    sourceRepos: [repository],
    destinations: [{ server: SERVER, namespace }],
    // Priority classes are the one thing of the overlay that has no namespace.
    clusterResourceWhitelist: [{ group: 'scheduling.k8s.io', kind: 'PriorityClass' }],
    namespaceResourceBlacklist: [
      { group: '', kind: 'Secret' },
      { group: '', kind: 'ResourceQuota' },
      { group: '', kind: 'LimitRange' },
      { group: 'rbac.authorization.k8s.io', kind: 'Role' },
      { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding' },
    ],
    ...(windows.length > 0 && { syncWindows: windows }),
  };
}

function application(environment: string, namespace: string, projectName: string, { repository, revision }: Source) {
  return {
    // A commit that touches none of these is no reason to render again.
    annotations: {
      'argocd.argoproj.io/manifest-generate-paths': `/environments/${environment};/environments/base;/policies/approved`,
      // The API server says what applying would change: what it fills in by itself (claim templates) is no difference.
      'argocd.argoproj.io/compare-options': 'ServerSideDiff=true',
    },
    spec: {
      project: projectName,
      source: { repoURL: repository, targetRevision: revision, path: `environments/${environment}` },
      destination: { server: SERVER, namespace },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['ServerSideApply=true', 'CreateNamespace=false', 'PrunePropagationPolicy=foreground'],
        // Each try takes the newest commit: a rollback must not wait until the tries on what it undoes are over.
        retry: { refresh: true, limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
      },
    },
  };
}

/** Who applies the overlay where Argo CD does. Source: the names of its default installation. */
export function argocdUser({ argocd }: ClusterConfiguration): string | undefined {
  return argocd && `system:serviceaccount:${argocd.namespace}:argocd-application-controller`;
}
