/** What keeps a cluster from taking a stack, asked before anything is done: Pulumi would find out in the middle of an update. */
import type { ClusterObject } from '../../platform/cluster/object.ts';
import { reachable, resourcesOf } from '../doctor/cluster.ts';
import type { Ran } from '../doctor/finding.ts';

/** kubectl with objects on its standard input. Never throws: where it is not there it ends with 127. */
export type Kubectl = (args: readonly string[], objects?: readonly object[]) => Ran;

export interface Obstacles {
  /** 0 none, 1 the cluster would not take the stack, 3 it cannot be asked. */
  readonly code: 0 | 1 | 3;
  /** One sentence each, with what to do. */
  readonly problems: readonly string[];
}

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

/** @param objects of the stack; none: only whether the cluster can be asked */
export function obstacles(kubectl: Kubectl, objects: readonly ClusterObject[]): Obstacles {
  if (kubectl(['version', '--client']).status === 127) {
    return { code: 3, problems: ['kubectl: is not on PATH, it is needed to ask the cluster: mise install'] };
  }
  const { findings, up } = reachable((_kubectl, args) => kubectl(args));
  const wrong = findings.filter(({ status }) => status !== 'ok');
  if (!up || wrong.length > 0) {
    return { code: up ? 1 : 3, problems: wrong.map(({ detail, fix }) => `cluster: ${detail}; ${fix}`) };
  }
  if (objects.length === 0) return { code: 0, problems: [] };
  const known = resourcesOf(kubectl(['api-resources', '--no-headers', '--cached=false']).out);
  const problems = [
    ...missing(
      objects.filter((object) => !known.has(titleOfKind(object))),
      known.size,
    ),
    ...forbidden(kubectl, objects, known),
  ];
  return { code: problems.length === 0 ? 0 : 1, problems };
}

const titleOfKind = ({ apiVersion, kind }: ClusterObject) => `${apiVersion} ${kind}`;

function missing(objects: readonly ClusterObject[], kinds: number): readonly string[] {
  if (kinds === 0) return ['cluster: does not say which kinds it knows; try again, or ask who runs it'];
  return [...new Set(objects.map(titleOfKind))].sort().map((title) => {
    const fix = KEYS[title.split('/')[0] as string] ?? 'upgrade the cluster';
    return `cluster: does not know ${title}: its CRD is missing; ${fix}`;
  });
}

interface Right {
  readonly verb: string;
  /** As people write it: `statefulsets.apps`. */
  readonly resource: string;
  readonly namespace: string | undefined;
}

/** Each right is asked once, all in one call. */
function forbidden(
  kubectl: Kubectl,
  objects: readonly ClusterObject[],
  known: ReturnType<typeof resourcesOf>,
): readonly string[] {
  const rights = new Map<string, Right>();
  for (const object of objects) {
    const resource = known.get(titleOfKind(object));
    if (resource === undefined) continue;
    for (const verb of ['create', 'patch']) {
      const right = { verb, resource: resource.name, namespace: object.metadata.namespace };
      rights.set(JSON.stringify(right), right);
    }
  }
  const asked = [...rights.values()];
  const { status, out, errors } = kubectl(
    ['create', '--validate=false', '--filename=-', '--output=jsonpath={.status.allowed}{"\\n"}'],
    asked.map(review),
  );
  const answers = out.trim().split('\n');
  if (status !== 0 || answers.length !== asked.length) {
    return [`rights: cannot be asked: ${errors.trim().split('\n').at(-1)}; ask who runs the cluster`];
  }
  const lacking = asked.filter((_, index) => answers[index] !== 'true');
  const places = [...new Set(lacking.map(({ namespace }) => namespace))];
  return places.map((place) => {
    const own = lacking.filter(({ namespace }) => namespace === place);
    const verbs = [...new Set(own.map(({ verb }) => verb))].join(' or ');
    const resources = [...new Set(own.map(({ resource }) => resource))].sort().join(', ');
    const where = place === undefined ? 'in the cluster' : `in namespace ${place}`;
    return `rights: may not ${verbs} ${where}: ${resources}; ask for a role that may, or log in as somebody who has it`;
  });
}

function review({ verb, resource, namespace }: Right): object {
  const [name, ...group] = resource.split('.');
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, resource: name, group: group.join('.'), namespace } },
  };
}
