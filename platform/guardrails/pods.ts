/** Pods, wherever they stand: alone, or as the template of what starts them. In TypeScript and in CEL. */
import type { ClusterObject } from '../cluster/object.ts';
import type { Match } from './rule.ts';

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly volumes?: readonly Volume[];
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name?: string };
  readonly projected?: { readonly sources?: readonly { readonly configMap?: { readonly name?: string } }[] };
  readonly image?: { readonly reference?: string };
}

interface Template {
  readonly template?: { readonly spec?: PodSpec };
}

/** The pod that `object` is or starts; undefined when it does neither. */
export function podOf({ kind, ...object }: ClusterObject): PodSpec | undefined {
  switch (kind) {
    case 'Pod':
      return object['spec'] as PodSpec;
    case 'CronJob':
      return (object['spec'] as { jobTemplate?: { spec?: Template } } | undefined)?.jobTemplate?.spec?.template?.spec;
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'Job':
      return (object['spec'] as Template | undefined)?.template?.spec;
    default:
      return undefined;
  }
}

export function containersOf(pod: PodSpec): readonly Container[] {
  return [...pod.containers, ...(pod.initContainers ?? []), ...(pod.ephemeralContainers ?? [])];
}

/** Refused where it is declared, not only where its first pod is started. */
export const podKinds: readonly Match[] = [
  { groups: [''], resources: ['pods', 'pods/ephemeralcontainers'] },
  { groups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'] },
  { groups: ['batch'], resources: ['jobs', 'cronjobs'] },
];

/** CEL variables `pod` and `containers`, as `podOf` and `containersOf` see them. */
export const podVariables = [
  {
    name: 'pod',
    expression:
      "object.kind == 'Pod' ? object.spec : " +
      "object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template.spec : object.spec.template.spec",
  },
  {
    name: 'containers',
    expression:
      'variables.pod.containers + variables.pod.?initContainers.orValue([]) + variables.pod.?ephemeralContainers.orValue([])',
  },
] as const;
