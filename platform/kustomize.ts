/** `environments/base` and the overlays of the environments that run in a cluster. */
import { runtimeConfig } from '../runtime/contract.ts';
import type { Environment } from './environments.ts';
import { documentsPath, type KubernetesObject, NAME, runtimeObjects } from './objects.ts';
import { workload } from './values.ts';
import { GENERATED, toYaml } from './yaml.ts';

/** Base's numbers are the contract's defaults; an overlay patches what its configuration says otherwise. */
const defaults = runtimeConfig.parse({
  environment: 'base',
  instruments: [
    {
      symbol: 'NONE',
      tickSize: '1',
      lotSize: '1',
      microUsdPerHalfTickLot: 1,
      takerFeeMicroUsdPerLot: 0,
      makerFeeMicroUsdPerLot: 0,
    },
  ],
});

/** What a stopping pod gets beyond the flatten timeout: for the logout and the last journal write. */
export const GRACE_MARGIN_SECONDS = 20;

export function baseFiles(): Map<string, string> {
  const values = workload.parse({});
  const objects = runtimeObjects({
    image: `${values.image.repository}:${values.image.tag}`,
    modeFlag: '--paper-mode',
    environment: defaults.environment,
    cpu: values.resources.cpu,
    memory: values.resources.memory,
    ephemeralStorage: values.resources.ephemeralStorage,
    storage: values.storage,
    httpPort: defaults.http.port,
    venuePort: defaults.venue.port,
    gracePeriodSeconds: defaults.flattenTimeoutSeconds + GRACE_MARGIN_SECONDS,
    configName: 'emp-config',
    limitsName: 'emp-limits',
    pointerName: 'emp-policy',
  });
  const files = new Map<string, string>();
  for (const object of objects) files.set(`environments/base/${fileOf(object)}`, GENERATED + toYaml(object));
  files.set(
    'environments/base/kustomization.yaml',
    GENERATED +
      toYaml({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: objects.map(fileOf),
      }),
  );
  return files;
}

/** An object's file carries its kind: `stateful-set.yaml`. */
export function fileOf(object: KubernetesObject): string {
  return `${object.kind.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.yaml`;
}

/** @throws Error when the environment names a port that the probes and the Service of base cannot follow */
export function overlayKustomization(environment: Environment, namespace: string): string {
  const { config, mode } = environment;
  if (config.http.port !== defaults.http.port) {
    throw new Error(
      `environments/${environment.name}/config.yaml: http.port is ${config.http.port}, ` +
        `only ${defaults.http.port} is allowed in a cluster, where probes and network policy name it`,
    );
  }
  const pod = '/spec/template/spec';
  const patches = [
    patch('StatefulSet', {
      [`${pod}/containers/0/args/0`]: `--${mode}-mode`,
      [`${pod}/containers/0/args/1`]: `--environment=${environment.name}`,
      [`${pod}/containers/0/volumeMounts/0/mountPath`]: documentsPath(environment.name),
      [`${pod}/terminationGracePeriodSeconds`]: config.flattenTimeoutSeconds + GRACE_MARGIN_SECONDS,
    }),
    patch('NetworkPolicy', { '/spec/egress/1/ports/0/port': config.venue.port }),
  ];
  return (
    GENERATED +
    toYaml({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace,
      resources: ['../base'],
      configMapGenerator: [
        { name: 'emp-config', files: ['config.yaml'] },
        { name: 'emp-policy', files: ['policy.yaml'] },
        // The same name whatever the content: the runtime watches the file and swaps limits without a restart.
        { name: 'emp-limits', files: ['limits.yaml'], options: { disableNameSuffixHash: true } },
      ],
      patches,
    })
  );
}

/** Replaces fields of base's object of that kind, by JSON pointer. */
function patch(kind: string, values: Readonly<Record<string, string | number>>) {
  const operations = Object.entries(values).map(([path, value]) => ({ op: 'replace', path, value }));
  return { target: { kind, name: NAME }, patch: toYaml(operations) };
}
