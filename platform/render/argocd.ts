/** The two documents of `environments/argocd` that the stacks declare, too; the rest there is written by people. */
import { argocdForAll } from '../cluster/argocd.ts';
import { syncWindows } from '../cluster/sync-windows.ts';
import type { Environment } from '../values/environment.ts';
import { GENERATED, toYaml } from '../yaml.ts';

const FILES: Readonly<Record<string, string>> = {
  AppProject: 'app-project.yaml',
  ApplicationSet: 'application-set.yaml',
};

export function argocdFiles(environments: readonly Environment[]): Map<string, string> {
  const windows = environments.flatMap(({ name, values: { mode }, calendar }) =>
    syncWindows({ environment: name, mode }, calendar),
  );
  return new Map(
    argocdForAll(windows).map((object) => [`environments/argocd/${FILES[object.kind]}`, GENERATED + toYaml(object)]),
  );
}
