/** Custom kinds that a stack writes, and whether the cluster knows them: Pulumi would find out in the middle of an update. */
import { spawnSync } from 'node:child_process';
import type { ClusterObject } from '../../platform/cluster/object.ts';

/** What to change in the stack where a kind is not there. */
const KEYS: Readonly<Record<string, string>> = {
  'kueue.x-k8s.io': 'leave out emp:cluster.jobs, or install Kueue',
  'karpenter.sh': 'set emp:cluster.nodes to { by: fixed }, or install Karpenter',
  'karpenter.k8s.aws': 'set emp:cluster.nodes to { by: fixed }, or install Karpenter for AWS',
  'karpenter.azure.com': 'set emp:cluster.nodes to { by: fixed }, or install Karpenter for AKS',
  'cloud.google.com': 'set emp:cluster.nodes to { by: fixed }, or use a GKE cluster',
  'argoproj.io': 'leave out emp:cluster.argocd, or install Argo CD',
  'monitoring.coreos.com':
    'set emp:cluster.monitoring.rules and monitoring in platform.yaml to false, or install the Prometheus operator',
  'keda.sh': 'set autoscaling in platform.yaml to hpa or none, or install KEDA',
};

/** `nodepools.karpenter.sh`, each once, in order. */
export function customKinds(objects: readonly ClusterObject[]): readonly string[] {
  const names = objects.flatMap(({ apiVersion, kind }) => {
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : '';
    return group in KEYS ? [`${plural(kind.toLowerCase())}.${group}`] : [];
  });
  return [...new Set(names)].sort();
}

/** A sentence for each kind that the cluster lacks, or one that says that the cluster cannot be asked. */
export function missingKinds(names: readonly string[]): readonly string[] {
  const { status, stdout, stderr, error } = spawnSync('kubectl', ['get', 'crd', '--output=name'], { encoding: 'utf8' });
  if (error !== undefined) return ['kubectl: is not on PATH, it is needed to ask the cluster what it knows'];
  if (status !== 0)
    return [`cluster: cannot be asked: ${stderr.trim().split('\n').at(-1)}; check KUBECONFIG and your login`];
  const known = stdout.split('\n').map((line) => line.replace('customresourcedefinition.apiextensions.k8s.io/', ''));
  return names
    .filter((name) => !known.includes(name))
    .map((name) => `cluster: does not know ${name}; ${KEYS[name.slice(name.indexOf('.') + 1)]}`);
}

const plural = (kind: string) => (kind.endsWith('s') ? `${kind}es` : `${kind}s`);
