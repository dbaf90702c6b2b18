/**
 * The Kubernetes objects of one runtime, as plain data. `environments/base` and the chart's templates are both made from
 * here: the chart passes template expressions where base passes values.
 */

/** What differs between deliveries. A template expression stands in for any of them, hence the strings. */
export interface ObjectParameters {
  readonly image: string;
  readonly modeFlag: string;
  readonly environment: string;
  readonly cpu: string;
  readonly memory: string;
  readonly ephemeralStorage: string;
  readonly storage: string;
  readonly httpPort: number | string;
  readonly venuePort: number | string;
  /** Seconds a stopping pod may take: the flatten timeout and a margin. */
  readonly gracePeriodSeconds: number | string;
  /** ConfigMap with config.yaml; its name changes with its content, so a changed configuration restarts the runtime. */
  readonly configName: string;
  /** ConfigMap with limits.yaml; its name is fixed, so changed limits are swapped in place. */
  readonly limitsName: string;
  /** ConfigMap with policy.yaml; named like the configuration's, so that a promotion restarts the runtime. */
  readonly pointerName: string;
}

/** The deployment as the runtime sees it: what the commit holds below `environments/` and `policies/`. */
const DEPLOYMENT = '/srv/emp';

/** Where an environment's documents lie in the pod. */
export function documentsPath(environment: string): string {
  return `${DEPLOYMENT}/environments/${environment}`;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

export const NAME = 'emp-runtime';

const selector = { 'app.kubernetes.io/name': 'emp', 'app.kubernetes.io/component': 'runtime' };
const labels = { ...selector, 'app.kubernetes.io/part-of': 'emp' };

export function runtimeObjects(parameters: ObjectParameters): readonly KubernetesObject[] {
  return [serviceAccount(), service(), networkPolicy(parameters), statefulSet(parameters)];
}

/** No rights at all: the runtime never talks to the cluster's API. */
function serviceAccount(): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: NAME, labels },
    automountServiceAccountToken: false,
  };
}

/** Headless: gives each pod its name, and Prometheus its targets. */
function service(): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, labels },
    spec: {
      clusterIP: 'None',
      selector,
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

/** In: HTTP from EMP's own pods in this namespace. Out: names, and the venue's port. Nothing else. */
function networkPolicy({ httpPort, venuePort }: ObjectParameters): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: NAME, labels },
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'emp' } } }],
          ports: [{ protocol: 'TCP', port: httpPort }],
        },
      ],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
              podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
            },
          ],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
        { ports: [{ protocol: 'TCP', port: venuePort }] },
      ],
    },
  };
}

function statefulSet(parameters: ObjectParameters): KubernetesObject {
  const { cpu, memory, ephemeralStorage, storage, gracePeriodSeconds } = parameters;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: NAME, labels },
    spec: {
      serviceName: NAME,
      // One: two pods must never trade one symbol.
      replicas: 1,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: NAME,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: gracePeriodSeconds,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container(parameters, { cpu, memory, 'ephemeral-storage': ephemeralStorage })],
          volumes: [
            {
              name: 'documents',
              projected: {
                sources: [parameters.configName, parameters.limitsName, parameters.pointerName].map((name) => ({
                  configMap: { name },
                })),
              },
            },
            // Not optional: without the trust root, which no repository holds, the pod does not start.
            { name: 'trust', configMap: { name: 'emp-trust' } },
          ],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'state' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
        },
      ],
    },
  };
}

function container(parameters: ObjectParameters, resources: Readonly<Record<string, string>>) {
  return {
    name: 'runtime',
    image: parameters.image,
    imagePullPolicy: 'IfNotPresent',
    args: [
      parameters.modeFlag,
      `--environment=${parameters.environment}`,
      `--deployment=${DEPLOYMENT}`,
      '--trust=/etc/emp/trust/trust.json',
      '--state=/var/lib/emp',
    ],
    ports: [{ name: 'http', containerPort: parameters.httpPort, protocol: 'TCP' }],
    resources: { requests: resources, limits: resources },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    // Boot replays the journal and reconciles with the venue: up to five minutes.
    startupProbe: probe('/healthz', { periodSeconds: 2, failureThreshold: 150 }),
    livenessProbe: probe('/healthz', { periodSeconds: 10, failureThreshold: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 5, failureThreshold: 1 }),
    volumeMounts: [
      { name: 'documents', mountPath: documentsPath(parameters.environment), readOnly: true },
      { name: 'trust', mountPath: '/etc/emp/trust', readOnly: true },
      { name: 'state', mountPath: '/var/lib/emp' },
    ],
  };
}

function probe(path: string, timing: { periodSeconds: number; failureThreshold: number }) {
  return { httpGet: { path, port: 'http' }, timeoutSeconds: 2, ...timing };
}
