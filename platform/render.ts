/** What is committed because it was computed: a pure function of the declarations, path → text. */
import { chartFiles } from './chart.ts';
import { configYaml, emptyPolicyYaml, limitsYaml, schemaFiles } from './documents.ts';
import { environments as declared, type Environment } from './environments.ts';
import { baseFiles, overlayKustomization } from './kustomize.ts';

export interface Rendered {
  /** Files that must equal these bytes, by path from the repository's root, `/` separated. */
  readonly files: ReadonlyMap<string, string>;
  /** Files that are begun like this and then belong to somebody else: written only where absent. */
  readonly beginnings: ReadonlyMap<string, string>;
  /** Folders in which every file is rendered: another one there is a leftover. */
  readonly owned: readonly string[];
}

export function render(environments: readonly Environment[] = declared): Rendered {
  const files = new Map([...schemaFiles(), ...baseFiles(), ...chartFiles()]);
  const beginnings = new Map<string, string>();
  for (const environment of environments) {
    const folder = `environments/${environment.name}`;
    files.set(`${folder}/config.yaml`, configYaml(environment));
    files.set(`${folder}/limits.yaml`, limitsYaml(environment));
    beginnings.set(`${folder}/policy.yaml`, emptyPolicyYaml(environment));
    if (environment.cluster !== undefined) {
      files.set(`${folder}/kustomization.yaml`, overlayKustomization(environment, environment.cluster.namespace));
    }
  }
  return { files, beginnings, owned: ['environments/base', 'environments/schemas', 'charts/emp'] };
}
