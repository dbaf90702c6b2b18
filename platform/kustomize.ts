/** `environments/base` and the overlays of the environments that run in a cluster. */
import { runtimeConfig } from '../runtime/contract.ts';
import type { Environment } from './environments.ts';
import { type KubernetesObject, NAME, runtimeObjects } from './objects.ts';
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
    cpu: values.resources.cpu,
    memory: values.resources.memory,
    ephemeralStorage: values.resources.ephemeralStorage,
    storage: values.storage,
    httpPort: defaults.http.port,
    venuePort: defaults.venue.port,
    gracePeriodSeconds: defaults.flattenTimeoutSeconds + GRACE_MARGIN_SECONDS,
    configName: 'emp-config',
    limitsName: 'emp-limits',
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
  const patches = [
    replace('StatefulSet', '/spec/template/spec/containers/0/args/0', `--${mode}-mode`),
    replace(
      'StatefulSet',
      '/spec/template/spec/terminationGracePeriodSeconds',
      config.flattenTimeoutSeconds + GRACE_MARGIN_SECONDS,
    ),
    replace('NetworkPolicy', '/spec/egress/1/ports/0/port', config.venue.port),
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
        // The same name whatever the content: the runtime watches the file and swaps limits without a restart.
        { name: 'emp-limits', files: ['limits.yaml'], options: { disableNameSuffixHash: true } },
      ],
      patches,
    })
  );
}

function replace(kind: string, path: string, value: string | number) {
  return { target: { kind, name: NAME }, patch: toYaml([{ op: 'replace', path, value }]) };
}
