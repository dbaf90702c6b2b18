/**
 * The Pulumi program against real components: every object of every stack, and of every dialect of node pools, on a real
 * API server as a dry run; and, where Pulumi and its Kubernetes plugin are on PATH, the life of a stack from `preview` to
 * `destroy`.
 */
import path from 'node:path';
import { type ClusterConfiguration, readConfiguration } from '../../platform/cluster/configuration.ts';
import type { ClusterObject } from '../../platform/cluster/object.ts';
import { stackObjects } from '../../platform/program/environment.ts';
import { clusterEnvironments, readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { configurationOf } from '../guard/stack.ts';
import { type ApiServer, onApiServer } from '../testing/api-server.ts';
import { dialects } from './pulumi/dialects.ts';
import { lifeOfAStack } from './pulumi/life.ts';
import { onPath } from './pulumi/pulumi.ts';
import { hold, Suite } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');
const suite = new Suite(process.argv[2]);
const DRY = [
  'apply',
  '--server-side',
  '--dry-run=server',
  '--force-conflicts',
  '--field-manager=emp-suite',
  '--filename=-',
];

const lacking = await onApiServer(onServer);
if (lacking !== undefined) suite.skip('objects on an API server, the life of a stack', lacking);
process.exitCode = suite.end();

async function onServer(server: ApiServer): Promise<void> {
  // A dry run cannot put an object into a namespace that is not there.
  const spaces = ['emp-paper', 'emp-live', 'emp-gpu-paper', 'argocd'];
  const made = spaces.filter((name) => server.kubectl(['create', 'namespace', name]).status === 0);
  try {
    await dryRuns(server);
  } finally {
    server.kubectl(['delete', 'namespace', '--wait=true', '--ignore-not-found', ...made]);
  }
  const lacking = ['pulumi', 'pulumi-language-nodejs', 'pulumi-resource-kubernetes'].filter((name) => !onPath(name));
  if (lacking.length > 0) suite.skip('the life of a stack', `not on PATH: ${lacking.join(', ')}`);
  else await lifeOfAStack(suite, server, root);
}

async function dryRuns(server: ApiServer): Promise<void> {
  for (const stack of clusterEnvironments(root)) {
    await suite.check(`${stack}: the API server takes every object of the stack`, () =>
      taken(server, objectsFor(stack, configurationOf(root, stack))),
    );
  }
  for (const [dialect, given] of Object.entries(dialects)) {
    await suite.check(`${dialect}: the API server takes what the dialect says`, () =>
      taken(server, objectsFor('paper', readConfiguration(given, dialect))),
    );
  }
  await suite.check('the CRDs are asked: a pool with a window that never ends is refused by its own rule', () =>
    windowWithoutEnd(server),
  );
}

function objectsFor(stack: string, configuration: ClusterConfiguration): readonly ClusterObject[] {
  return stackObjects(readEnvironment(stack, readFileUnder(root)), configuration);
}

function taken(server: ApiServer, objects: readonly ClusterObject[]): void {
  const { out, errors } = server.kubectl(DRY, objects);
  hold(errors.trim() === '', errors.trim());
  const answers = out.trim().split('\n').length;
  hold(answers === objects.length, `${answers} of ${objects.length} objects were taken`);
  console.log(`        ${objects.length} objects`);
}

function windowWithoutEnd(server: ApiServer): void {
  const objects = objectsFor('paper', readConfiguration(dialects['karpenter-aws'], 'karpenter-aws'));
  const nodePool = objects.find(({ kind }) => kind === 'NodePool') as ClusterObject & { spec: { disruption: object } };
  const endless = {
    ...nodePool,
    spec: {
      ...nodePool.spec,
      disruption: { consolidateAfter: '10m', budgets: [{ nodes: '0', schedule: '0 13 * * 1-5' }] },
    },
  };
  const { status, errors } = server.kubectl(DRY, [endless]);
  hold(
    status !== 0 && errors.includes("'schedule' must be set with 'duration'"),
    `was not refused as it should be: ${errors}`,
  );
}
