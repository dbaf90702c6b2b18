/** What is committed because it was computed: a pure function of the environments, path → content. */
import type { Environment } from '../values/environment.ts';
import { argocdFiles } from './argocd.ts';
import { chartFiles, valuesFile } from './chart.ts';
import { baseFiles, overlayFiles } from './kustomize.ts';
import { schemaFiles } from './schemas.ts';

export interface Rendered {
  /** Files that must equal this content, by path from the repository's root, `/` separated. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Folders in which every file is rendered: another one there is a leftover. */
  readonly owned: readonly string[];
}

/** Everything, for all environments of the repository. */
export function render(environments: readonly Environment[]): Rendered {
  return {
    files: new Map([
      ...schemaFiles(),
      ...baseFiles(),
      ...argocdFiles(environments),
      ...chartFiles(environments),
      ...environments.flatMap(ownFiles),
    ]),
    owned: [
      'environments/base',
      'environments/schemas',
      'charts/emp',
      ...environments.map(({ name }) => `environments/${name}/policy`),
    ],
  };
}

/** What is one environment's own, such as a promotion changes: its overlay and its values of the chart. */
export function renderEnvironment(environment: Environment): Map<string, string | Uint8Array> {
  return new Map(ownFiles(environment));
}

function ownFiles(environment: Environment): [string, string | Uint8Array][] {
  return [...overlayFiles(environment), valuesFile(environment)];
}
