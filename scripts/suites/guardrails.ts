/**
 * The guardrails against real components: each rule's fixtures on an API server that holds the admission policies, the
 * rendered objects under kubeconform and kube-score, and every tracked file under the scan for secrets.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { namespaceObjects } from '../../platform/cluster/namespace.ts';
import { type ClusterObject, titleOf } from '../../platform/cluster/object.ts';
import { admissionName, admissionObjects } from '../../platform/guardrails/admission.ts';
import type { Context } from '../../platform/guardrails/rule.ts';
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { FIXTURES, type Fixture, fixturesBelow } from '../guard/fixtures.ts';
import { exceptionsIn, kubeconform, kubeScore } from '../guard/linters.ts';
import { writeCustomSchemas, writeKubernetesSchemas } from '../guard/schemas.ts';
import { trackedSecrets } from '../guard/tracked-secrets.ts';
import { type ApiServer, onApiServer } from '../testing/api-server.ts';
import { built, type Deployment, declared } from './guardrails/deployments.ts';
import { kubernetesTool } from './kubernetes-tools.ts';
import { hold, inFolder, Suite } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');
const suite = new Suite(process.argv[2]);

const EXCEPTIONS_MOST = 5;
const DRY = [
  'apply',
  '--server-side',
  '--dry-run=server',
  '--force-conflicts',
  '--field-manager=emp-suite',
  '--filename=-',
];
/** All rights that a cluster can give: what refuses them is a rule and no lack of rights. */
const DELIVERER = ['--as=deliverer', '--as-group=emp-deliverers', '--as-group=system:masters'];
const SOMEBODY = ['--as=somebody', '--as-group=system:masters'];

await suite.check('no tracked file holds a secret, and a planted one is found', () =>
  inFolder(async (folder) => {
    const found = trackedSecrets(root);
    hold(found.length === 0, found.map(({ file, line, looksLike }) => `${file}:${line}: ${looksLike}`).join('\n'));
    spawnSync('git', ['init', '--quiet', folder]);
    writeFileSync(path.join(folder, 'values.yaml'), `a: 1\npassword: planted-${'for-the-test'}\n`);
    const planted = trackedSecrets(folder);
    hold(
      planted.length === 1 && planted[0]?.line === 2,
      `the planted secret was not found: ${JSON.stringify(planted)}`,
    );
  }),
);

const lacking = await onApiServer(onServer);
if (lacking !== undefined) suite.skip('admission, kubeconform, kube-score', lacking);
process.exitCode = suite.end();

async function onServer(server: ApiServer): Promise<void> {
  // The tools that come with the cluster.
  process.env['PATH'] = server.environment['PATH'] ?? '';
  await inFolder((folder) => linted(server, folder));

  const fixtures = fixturesBelow(FIXTURES);
  const contexts = [...new Set(fixtures.map(({ context }) => context.place.environment))].map(
    (name) => (fixtures.find(({ context }) => context.place.environment === name) as Fixture).context,
  );
  // One environment after another: what two of them refuse the server lays to either.
  for (const context of contexts) {
    mustBeFree(server, context);
    try {
      prepare(server, context);
      await inForce(server, context, fixtures);
      for (const one of fixtures.filter((fixture) => fixture.context.place.environment === context.place.environment)) {
        if (one.rule.admission !== undefined) await suite.check(one.name, () => judged(server, one));
      }
    } finally {
      cleared(server, context);
    }
  }
}

function runs(tool: string, ...args: readonly string[]): boolean {
  return spawnSync(tool, args).status === 0;
}

function schemas(server: ApiServer, folder: string): readonly string[] {
  const openApi = server.kubectl(['get', '--raw', '/openapi/v2']);
  hold(openApi.status === 0, `the API server gave no schemas: ${openApi.errors}`);
  const [own, custom] = [path.join(folder, 'kubernetes'), path.join(folder, 'custom')];
  mkdirSync(own);
  writeKubernetesSchemas(JSON.parse(openApi.out), own);
  writeCustomSchemas(fixture('data/crds') as string, custom);
  // What the server learnt as a CRD is looser there than in the CRD's own schema, which therefore comes first.
  return [custom, own];
}

async function linted(server: ApiServer, folder: string): Promise<void> {
  const lints = 'stacks, dialects of node pools, every option, kustomize, helm';
  const [kustomize, helm] = [kubernetesTool('kustomize'), kubernetesTool('helm')];
  const deployments = [...declared(root, folder)];
  if (kustomize !== undefined && helm !== undefined) deployments.push(...built(folder, kustomize, helm));
  else suite.skip('what kustomize and helm make under kubeconform and kube-score', 'no kustomize or helm');
  if (runs('kubeconform', '-v')) {
    await suite.check(`${lints}: kubeconform strict finds nothing`, () =>
      inFolder(async (own) => conforms(server, own, deployments)),
    );
  } else suite.skip(`${lints}: kubeconform`, 'it is not on PATH');
  if (runs('kube-score', 'version')) {
    await suite.check(`${lints}: kube-score finds nothing, at most ${EXCEPTIONS_MOST} exceptions`, () =>
      scored(server, deployments),
    );
  } else suite.skip(`${lints}: kube-score`, 'it is not on PATH');
}

function conforms(server: ApiServer, folder: string, deployments: readonly Deployment[]): void {
  const folders = schemas(server, folder);
  for (const { name, objects } of deployments) {
    const found = kubeconform(objects, folders);
    hold(found.length === 0, found.map(({ object, problem }) => `${name}: ${object}: ${problem}`).join('\n'));
    console.log(`        ${name}: ${objects.length} objects conform`);
  }
  const misspelt = { ...(deployments[0]?.objects[0] as ClusterObject), sepc: {} };
  hold(kubeconform([misspelt], folders).length === 1, 'an unknown field was not found: strict is not on');
}

function scored(server: ApiServer, deployments: readonly Deployment[]): void {
  const version = JSON.parse(server.kubectl(['version', '--output=json']).out) as {
    serverVersion: { major: string; minor: string };
  };
  const { major, minor } = version.serverVersion;
  const exceptions = new Set<string>();
  for (const { name, objects } of deployments) {
    const found = kubeScore(objects, `v${major}.${Number.parseInt(minor, 10)}`);
    hold(found.length === 0, found.map(({ object, problem }) => `${name}: ${object}: ${problem}`).join('\n'));
    // The same object of another environment is let off once, and so is the same one by another delivery.
    for (const { object, check, because } of exceptionsIn(objects))
      exceptions.add(`${object.replace(/ [^ ]*\//, ' ')}: ${check}: ${because}`);
  }
  for (const exception of exceptions) console.log(`        exception: ${exception}`);
  console.log(`        ${exceptions.size} exceptions, at most ${EXCEPTIONS_MOST} are allowed`);
  hold(exceptions.size <= EXCEPTIONS_MOST, `${exceptions.size} exceptions, at most ${EXCEPTIONS_MOST} are allowed`);
}

/** Before anything is made, so that nothing of somebody else's is taken away afterwards. */
function mustBeFree(server: ApiServer, { place: { namespace } }: Context): void {
  if (server.kubectl(['get', 'namespace', namespace]).status !== 0) return;
  throw new Error(`namespace ${namespace}: is there already; the suite needs a cluster without an environment of ours`);
}

/** Namespaces with their labels, the accounts and the approval that fixtures name, then the policies. */
function prepare(server: ApiServer, context: Context): void {
  const { namespace } = context.place;
  const rooms = namespaceObjects(context.place, context.configuration).filter(({ kind }) => kind === 'Namespace');
  apply(server, rooms);
  const account = (name: string): ClusterObject => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  });
  apply(server, [
    ...['default', 'emp-runtime', 'emp-evolution', 'emp-gate'].map(account),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'emp-approved', namespace },
      data: {
        policy: context.approvedPolicy ?? '',
        ...(context.approvedImage === undefined ? {} : { image: context.approvedImage }),
      },
    },
  ]);
  apply(server, admissionObjects(context));
}

function apply(server: ApiServer, objects: readonly ClusterObject[]): void {
  const { status, errors } = server.kubectl(['apply', '--server-side', '--force-conflicts', '--filename=-'], objects);
  if (status !== 0) throw new Error(`kubectl: could not apply ${objects.map(titleOf).join(', ')}: ${errors.trim()}`);
}

/** A policy takes a moment until the server holds it; one that has not by then is not compiled as it should be. */
async function inForce(server: ApiServer, context: Context, fixtures: readonly Fixture[]): Promise<void> {
  const beganNs = stopwatchNs();
  const waiting = new Set(
    fixtures
      .filter(({ refused, rule, context: own }) => refused && own === context && rule.admission !== undefined)
      .map(({ rule }) => rule),
  );
  while (waiting.size > 0 && stopwatchNs() - beganNs < 20e9) {
    for (const rule of waiting) {
      const probe = fixtures.find((one) => one.rule === rule && one.refused && one.context === context) as Fixture;
      if (server.kubectl([...DRY, ...whoFor(probe)], probe.objects).status !== 0) waiting.delete(rule);
    }
    if (waiting.size > 0) await sleepMs(300);
  }
}

function whoFor({ rule }: Fixture): readonly string[] {
  return rule.name === 'git-only' ? SOMEBODY : DELIVERER;
}

function judged(server: ApiServer, one: Fixture): void {
  const { rule, refused, objects, context } = one;
  const { status, errors } = server.kubectl([...DRY, ...whoFor(one)], objects);
  if (!refused) {
    hold(status === 0, `was refused: ${errors.trim()}`);
    return;
  }
  hold(status !== 0, 'was admitted');
  hold(
    errors.includes(admissionName(rule, context)) && errors.includes(`${rule.name}: `),
    `was refused by somebody else: ${errors.trim()}`,
  );
  if (rule.name !== 'git-only') return;
  const delivered = server.kubectl([...DRY, ...DELIVERER], objects);
  hold(delivered.status === 0, `was refused to those who deliver: ${delivered.errors.trim()}`);
}

function cleared(server: ApiServer, context: Context): void {
  for (const { kind, metadata } of admissionObjects(context)) {
    server.kubectl(['delete', '--ignore-not-found', kind, metadata.name]);
  }
  server.kubectl(['delete', 'namespace', '--ignore-not-found', '--wait=true', context.place.namespace]);
}
