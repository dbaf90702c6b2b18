/** The two documents of `environments/argocd` that the stacks declare, too; the rest there is written by people. */
import { argocdForAll } from '../cluster/argocd.ts';
import { GENERATED, toYaml } from '../yaml.ts';

const FILES: Readonly<Record<string, string>> = {
  AppProject: 'app-project.yaml',
  ApplicationSet: 'application-set.yaml',
};

export function argocdFiles(): Map<string, string> {
  return new Map(
    argocdForAll().map((object) => [`environments/argocd/${FILES[object.kind]}`, GENERATED + toYaml(object)]),
  );
}
