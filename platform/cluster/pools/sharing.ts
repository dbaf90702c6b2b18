/**
 * How one GPU serves several pods: by the device plugin, which offers it several times (time-slicing), or by dynamic
 * resource allocation, where pods claim a device (resource.k8s.io/v1). GKE shares by itself, in its ComputeClass.
 *
 * Source: NVIDIA's k8s-device-plugin (configuration file, `--config-file`) and Kubernetes' API reference.
 */
import type { ClusterConfiguration } from '../configuration.ts';
import type { ClusterObject } from '../object.ts';
import { GPU, type Pool } from './pool.ts';
import { type NamedPool, poolsOf } from './pools.ts';

export const GPU_NAMESPACE = 'emp-gpu';

/** @throws Error when a pool's sharing needs a device plugin that nobody named */
export function sharingObjects(
  environment: string,
  namespace: string,
  configuration: ClusterConfiguration,
): readonly ClusterObject[] {
  const pools = poolsOf(environment, configuration);
  const claimed = pools.filter(({ pool }) => pool.sharing.by === 'dra').flatMap((pool) => claims(pool, namespace));
  if (configuration.nodes.by === 'gke') return claimed;
  const image = configuration.devicePluginImage;
  const sliced = pools.find(({ pool }) => pool.sharing.by === 'time-slicing');
  if (image === undefined) {
    if (sliced === undefined) return claimed;
    throw new Error(
      `emp:cluster.devicePluginImage is not allowed (absent): pool ${sliced.pool.name} shares by time-slicing, which the device plugin does`,
    );
  }
  const served = pools.filter(({ pool }) => pool.sharing.by !== 'dra');
  if (served.length === 0) return claimed;
  return [...claimed, pluginNamespace(environment), ...served.flatMap((pool) => plugin(pool, environment, image))];
}

/** How often the scheduler sees one GPU of the pool. */
export function sharesPerGpu(pool: Pool): number {
  return pool.sharing.by === 'time-slicing' ? pool.sharing.replicas : 1;
}

function claims({ pool, fullName }: NamedPool, namespace: string): readonly ClusterObject[] {
  const driver = pool.sharing.by === 'dra' ? pool.sharing.driver : '';
  return [
    {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'DeviceClass',
      metadata: { name: fullName },
      spec: { selectors: [{ cel: { expression: `device.driver == '${driver}'` } }] },
    },
    {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaimTemplate',
      metadata: { name: `gpu-${pool.name}`, namespace },
      spec: {
        spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: fullName, count: 1 } }] } },
      },
    },
  ];
}

const pluginSpace = (environment: string) => `${GPU_NAMESPACE}-${environment}`;

/** The plugin writes a socket into the kubelet's folder: `restricted` has no word for that. */
function pluginNamespace(environment: string): ClusterObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: pluginSpace(environment),
      labels: {
        'pod-security.kubernetes.io/enforce': 'privileged',
        'pod-security.kubernetes.io/warn': 'baseline',
        'app.kubernetes.io/part-of': 'emp',
      },
    },
  };
}

function plugin(
  { pool, fullName, nodeLabels }: NamedPool,
  environment: string,
  image: string,
): readonly ClusterObject[] {
  const namespace = pluginSpace(environment);
  const name = `device-plugin-${pool.name}`;
  const labels = {
    'app.kubernetes.io/name': 'device-plugin',
    'emp/pool': fullName,
    'app.kubernetes.io/part-of': 'emp',
  };
  const settings = {
    version: 'v1',
    ...(pool.sharing.by === 'time-slicing'
      ? { sharing: { timeSlicing: { resources: [{ name: GPU, replicas: pool.sharing.replicas }] } } }
      : {}),
  };
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, labels },
      data: { 'config.json': `${JSON.stringify(settings)}\n` },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace, labels },
      // Talks to the kubelet through a socket, to nobody through the network.
      spec: { podSelector: { matchLabels: labels }, policyTypes: ['Ingress', 'Egress'] },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace, labels },
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: {
        name,
        namespace,
        labels,
        annotations: {
          'kube-score/ignore': 'container-security-context-user-group-id',
          'emp/ignored-because': 'the kubelet’s plugin folder belongs to root, and the plugin makes its socket there',
        },
      },
      spec: {
        selector: { matchLabels: labels },
        updateStrategy: { type: 'RollingUpdate' },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            automountServiceAccountToken: false,
            priorityClassName: 'system-node-critical',
            nodeSelector: nodeLabels,
            tolerations: [{ operator: 'Exists' }],
            securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                name: 'device-plugin',
                image,
                imagePullPolicy: 'Always',
                args: ['--config-file=/etc/device-plugin/config.json', '--device-id-strategy=uuid'],
                securityContext: {
                  runAsUser: 0,
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                resources: {
                  requests: { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '16Mi' },
                  limits: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '16Mi' },
                },
                volumeMounts: [
                  { name: 'plugins', mountPath: '/var/lib/kubelet/device-plugins' },
                  { name: 'config', mountPath: '/etc/device-plugin', readOnly: true },
                ],
              },
            ],
            volumes: [
              { name: 'plugins', hostPath: { path: '/var/lib/kubelet/device-plugins' } },
              { name: 'config', configMap: { name } },
            ],
          },
        },
      },
    },
  ];
}
