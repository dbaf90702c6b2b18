/** The pods of every workload: restricted, read-only, without a token. */
import type { Affinity, Container, EnvVar, PodTemplateSpec, Volume, VolumeMount } from 'kubernetes-types/core/v1.js';
import { choose, type Expression, given, positive, type Templated, text, when } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { type Component, labelsOf, nameOf, type Priority, priorityClassName, selectorOf } from './names.ts';

export interface PodProps {
  readonly component: Component;
  readonly command: Templated<string[]>;
  readonly args: readonly Templated<string>[];
  readonly resources: {
    readonly cpu: Templated<string>;
    readonly memory: Templated<string>;
    readonly ephemeralStorage: Templated<string>;
  };
  readonly gpus?: Expression<number>;
  readonly priority: Priority;
  /** Where this does not hold the pod goes without a class. @default always */
  readonly priorityWhen?: Expression<boolean>;
  readonly env?: readonly Templated<EnvVar>[];
  /** Ports and probes. */
  readonly serving?: Templated<Pick<Container, 'ports' | 'startupProbe' | 'livenessProbe' | 'readinessProbe'>>;
  readonly volumes?: readonly Templated<Volume>[];
  readonly mounts?: readonly Templated<VolumeMount>[];
  readonly gracePeriodSeconds: Templated<number>;
  readonly placement?: {
    readonly nodeSelector: Expression<Record<string, string>>;
    readonly tolerations: Expression<unknown[]>;
  };
  /** Of several alike: on different nodes where there are any. */
  readonly spread?: boolean;
  /** Of a Job: a failed pod is replaced by the Job, not started again in place. */
  readonly job?: boolean;
}

const IMAGE = choose(
  given(values.image.digest),
  text`${values.image.repository}@${values.image.digest}`,
  text`${values.image.repository}:${values.image.tag}`,
);

const securityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** `/tmp` is the one place where any pod may write besides the volumes it is given. */
export function pod(props: PodProps): Templated<PodTemplateSpec> {
  const { component, placement, volumes = [], mounts = [], env = [] } = props;
  const { cpu, memory, ephemeralStorage } = props.resources;
  const resources = { cpu, memory, 'ephemeral-storage': ephemeralStorage };
  const gpus = props.gpus === undefined ? {} : { 'nvidia.com/gpu': when(positive(props.gpus), text`${props.gpus}`) };
  return {
    metadata: { labels: labelsOf(component) },
    spec: {
      serviceAccountName: nameOf(component),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName:
        props.priorityWhen === undefined
          ? priorityClassName(props.priority)
          : when<string>(props.priorityWhen, priorityClassName(props.priority)),
      terminationGracePeriodSeconds: props.gracePeriodSeconds,
      ...(props.job ? { restartPolicy: 'Never' } : {}),
      ...(placement === undefined
        ? {}
        : { nodeSelector: placement.nodeSelector, tolerations: placement.tolerations as Expression<never[]> }),
      ...(props.spread ? { affinity: apart(component) } : {}),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        fsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: component,
          image: IMAGE,
          imagePullPolicy: values.image.pullPolicy,
          command: props.command,
          args: [...props.args],
          ...(env.length === 0 ? {} : { env: [...env] }),
          ...props.serving,
          resources: { requests: { ...resources, ...gpus }, limits: { ...resources, ...gpus } },
          securityContext,
          volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }, ...mounts],
        },
      ],
      volumes: [{ name: 'scratch', emptyDir: {} }, ...volumes],
    },
  };
}

const apart = (component: Component): Templated<Affinity> => ({
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          topologyKey: 'kubernetes.io/hostname',
          labelSelector: { matchLabels: selectorOf(component) },
        },
      },
    ],
  },
});

export const httpProbe = (path: string, timing: { periodSeconds: number; failureThreshold: number }) => ({
  httpGet: { path, port: 'http' },
  timeoutSeconds: 2,
  ...timing,
});

/** Where the archive of evolution is, by reference; without one it is the pod's own. */
export const databaseUrl: Templated<EnvVar> = when<EnvVar>(given(values.database.secret), {
  name: 'EMP_DATABASE_URL',
  valueFrom: { secretKeyRef: { name: values.database.secret, key: values.database.key } },
});
