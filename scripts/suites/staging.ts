/**
 * An environment is one folder and one file: `staging` is added to a copy of the documents, and then it renders, it is
 * sound to the schemas, and a real API server takes it, holds it unchanged, and sees one object change with one limit. The
 * server is also asked whether it takes whatever the values' schema lets through.
 *
 * Usage: node scripts/suites/staging.ts [PART-OF-A-CASE'S-NAME]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { objectsOf } from '../../platform/objects-of.ts';
import { readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { stackOf } from '../guard/stack.ts';
import { renderUnder, write } from '../render.ts';
import { type ApiServer, onApiServer } from '../testing/api-server.ts';
import { byName, differences, kustomizeBuild } from './deliveries.ts';
import { addStaging, copyDocuments, turnedEnvironment } from './documents-room.ts';
import { kubernetesTool } from './kubernetes-tools.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { turnedValues } from './turned-values.ts';

const SEED = 7;
const APPLY = ['apply', '--server-side', '--field-manager=emp-suite', '--filename=-'];
const NAMESPACES = ['emp-staging', 'emp-turned'];
const suite = new Suite(process.argv[2]);

await inFolder(async (folder) => {
  copyDocuments(folder);
  await suite.check('one folder and one file: what rendering adds is staging’s alone', () => rendered(folder));
  const kustomize = kubernetesTool('kustomize');
  if (kustomize === undefined) suite.skip('kustomize builds staging', 'no kustomize on PATH or among the fixtures');
  else await suite.check('kustomize builds staging', () => built(folder, kustomize));
  await suite.check('the Pulumi program has a stack of it', () => {
    const { objects } = stackOf(folder, 'staging');
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    hold(names.includes('Namespace emp-staging'), `made: ${names.join(', ')}`);
    hold(!JSON.stringify(objects).includes('emp-paper'), 'staging’s stack names paper');
  });

  const lacking = await onApiServer(async (api) => {
    try {
      await onServer(api, folder);
    } finally {
      api.kubectl(['delete', 'namespace', '--wait=false', '--ignore-not-found', ...NAMESPACES]);
    }
  });
  if (lacking !== undefined) suite.skip('staging on an API server', lacking);
});
process.exitCode = suite.end();

function rendered(folder: string): void {
  write(folder, renderUnder(folder));
  addStaging(folder);
  const written = write(folder, renderUnder(folder)).map((change) => `${change.is} ${change.path}`);
  const expected = ['missing charts/emp/values-staging.yaml', 'missing environments/staging/kustomization.yaml'];
  hold(written.join() === expected.join(), `rendering wrote: ${written.join(', ')}`);
}

async function built(folder: string, kustomize: string): Promise<void> {
  const program = byName(objectsOf(readEnvironment('staging', readFileUnder(folder))));
  const all = differences(
    program,
    await kustomizeBuild(kustomize, path.join(folder, 'environments/staging')),
    'kustomize',
  );
  hold(all.length === 0, all.join('\n'));
}

async function onServer(server: ApiServer, folder: string): Promise<void> {
  for (const name of NAMESPACES) server.kubectl(['create', 'namespace', name]);
  const staging = () => objectsOf(readEnvironment('staging', readFileUnder(folder)));

  await suite.check('staging applies, and a second time nothing changes', () => {
    const first = server.kubectl(APPLY, staging());
    hold(first.status === 0 && first.errors === '', first.errors);
    const before = versions(server);
    const second = server.kubectl(APPLY, staging());
    hold(second.status === 0, second.errors);
    const changed = changedBetween(before, versions(server));
    hold(changed.length === 0, `the second apply changed ${changed.join(', ')}`);
  });

  await suite.check('one changed limit changes one object', () => {
    const before = versions(server);
    const file = path.join(folder, 'environments/staging/limits.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('maxOpenOrders: 20', 'maxOpenOrders: 19'));
    const { status, errors } = server.kubectl(APPLY, staging());
    hold(status === 0, errors);
    const changed = changedBetween(before, versions(server));
    hold(changed.join() === 'ConfigMap emp-limits', `changed: ${changed.join(', ')}`);
  });

  const paper = readEnvironment('paper', readFileUnder(folder));
  const sets = turnedValues({ ...paper.values, namespace: 'emp-turned' }, SEED);
  // One option at a time is the parity suite's; here the sets that turn many.
  const turned = sets.filter(({ name }) => /^(mode|everything|random)/.test(name));
  for (const { name, document, policy } of turned) {
    await suite.check(`the server takes what the schema lets through: ${name}`, () => {
      const objects = objectsOf(turnedEnvironment(folder, stringify(document), policy));
      const { status, errors } = server.kubectl([...APPLY, '--dry-run=server'], objects);
      hold(status === 0 && errors === '', errors);
    });
  }
}

/** Resource version of each object of staging, by kind and name. */
function versions(server: ApiServer): ReadonlyMap<string, string> {
  const kinds = 'configmap,service,serviceaccount,statefulset,deployment,job,cronjob,networkpolicy,poddisruptionbudget';
  const { out, errors } = server.kubectl(['get', kinds, '--namespace=emp-staging', '--output=json']);
  hold(errors === '', errors);
  const { items } = JSON.parse(out) as {
    items: { kind: string; metadata: { name: string; resourceVersion: string; generation?: number } }[];
  };
  // A controller writes the status of these, and with it the version; their generation counts changes of the spec.
  return new Map(
    items
      .filter(({ metadata }) => metadata.name.startsWith('emp-'))
      .map(({ kind, metadata }) => [
        `${kind} ${metadata.name}`,
        String(metadata.generation ?? metadata.resourceVersion),
      ]),
  );
}

function changedBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}
