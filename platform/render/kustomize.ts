/** `environments/base`, its components, and the overlay of each environment. */
import { type DefinedObject, definition } from '../manifests/definition.ts';
import { instancesOf } from '../manifests/instance.ts';
import { commonLabels } from '../manifests/names.ts';
import {
  configName,
  EVIDENCE_KEY,
  GATE_INPUT,
  hookOf,
  LIMITS,
  pointerYaml,
  policyName,
  SETTINGS_FILES,
} from '../manifests/settings.ts';
import { hasGateInput } from '../objects-of.ts';
import { difference } from '../template/difference.ts';
import { evaluate } from '../template/evaluate.ts';
import { completeValues } from '../values/complete.ts';
import type { Environment } from '../values/environment.ts';
import { GENERATED, toYaml } from '../yaml.ts';

export const BASE = 'environments/base';

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const baseScope = { values: completeValues, namespace: completeValues.namespace };

/** What kustomize shares between environments: each object once, with the values that everybody has. */
const shared: ReadonlyMap<DefinedObject, Named> = new Map(
  definition
    .filter(({ file }) => !SETTINGS_FILES.includes(file))
    .map((defined) => [defined, evaluate(defined.object, baseScope) as Named]),
);

export function baseFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const members = new Map<string, string[]>();
  for (const [defined, object] of shared) {
    const folder = folderOf(defined);
    files.set(`${folder}/${defined.file}`, GENERATED + toYaml(object));
    members.set(folder, [...(members.get(folder) ?? []), defined.file]);
  }
  for (const [folder, resources] of members) {
    const own =
      folder === BASE
        ? { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }
        : { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component' };
    files.set(`${folder}/kustomization.yaml`, GENERATED + toYaml({ ...own, resources }));
  }
  return files;
}

function folderOf({ option }: DefinedObject): string {
  return option === undefined ? BASE : `${BASE}/components/${option}`;
}

/** The overlay: which components, the documents as ConfigMaps, and what differs from base, field by field. */
export function overlayFiles({ name, values, policyFiles }: Environment): Map<string, string | Uint8Array> {
  const folder = `environments/${name}`;
  const scope = { values, namespace: values.namespace };
  const chosen = instancesOf(values).filter(({ defined }) => shared.has(defined));
  const options = new Set(chosen.flatMap(({ defined: { option } }) => option ?? []));
  const patches = chosen.flatMap(({ defined, object }) => patchOf(shared.get(defined) as Named, object));
  const hasPolicy = values.policy.digest !== '';
  const policyPaths = [...policyFiles.keys()].map((file) => `policy/${file}`);
  const immutable = { disableNameSuffixHash: true, immutable: true, labels: commonLabels };
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: values.namespace,
    resources: ['../base'],
    ...(options.size === 0 ? {} : { components: [...options].sort().map((option) => `../base/components/${option}`) }),
    configMapGenerator: [
      { name: evaluate(configName, scope), files: ['config.yaml'], options: immutable },
      {
        // The same name whatever the content: the runtime watches the file and swaps limits without a restart.
        name: LIMITS,
        files: ['limits.yaml', ...(hasPolicy ? [`policy/${EVIDENCE_KEY}`] : [])],
        options: { disableNameSuffixHash: true, labels: commonLabels },
      },
      {
        name: evaluate(policyName, scope),
        literals: [`policy.yaml=${pointerYaml(name, values.policy.digest)}`],
        ...(policyPaths.length > 0 ? { files: policyPaths } : {}),
        options: immutable,
      },
      ...(hasGateInput(values)
        ? [
            {
              name: GATE_INPUT,
              literals: [`policy.yaml=${pointerYaml(name, values.policy.digest)}`],
              files: ['config.yaml', 'limits.yaml', `policy/${EVIDENCE_KEY}`, ...policyPaths],
              options: { disableNameSuffixHash: true, labels: commonLabels, annotations: hookOf('PreSync', -1) },
            },
          ]
        : []),
    ],
    patches,
  };
  const files = new Map<string, string | Uint8Array>([
    [`${folder}/kustomization.yaml`, GENERATED + toYaml(kustomization)],
  ]);
  if (hasPolicy) {
    // Copies, because kustomize reads nothing outside the overlay. Plain data: no object can hide among them.
    for (const [file, bytes] of policyFiles) files.set(`${folder}/policy/${file}`, bytes);
    files.set(`${folder}/policy/${EVIDENCE_KEY}`, values.policy.evidence);
  }
  return files;
}

function patchOf(base: Named, object: Named) {
  const operations = difference(base, object);
  if (operations.length === 0) return [];
  const renamed = base.metadata.name !== object.metadata.name;
  return [
    {
      target: { kind: base.kind, name: base.metadata.name },
      patch: toYaml(operations),
      ...(renamed ? { options: { allowNameChange: true } } : {}),
    },
  ];
}
