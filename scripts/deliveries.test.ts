/** The rendered overlays and the chart, read by the real kustomize and helm. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { type Environment, environments } from '../platform/environments.ts';
import { bootOptions } from '../runtime/boot/options.ts';
import { limits as limitsSchema, policyPointer, runtimeConfig } from '../runtime/contract.ts';
import { fixture } from '../runtime/fixtures.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const root = path.resolve(import.meta.dirname, '..');
const chart = path.join(root, 'charts/emp');
const run = promisify(execFile);
const clusters = environments.filter((environment) => environment.cluster !== undefined);

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
}

interface Workload {
  readonly spec: { readonly template: { readonly spec: { readonly containers: [{ readonly args: string[] }] } } };
}

/** The tool from PATH, or unpacked from the fixtures; undefined when this machine has neither. */
function tool(name: string): string | undefined {
  if (spawnSync(name, ['version']).status === 0) return name;
  const packed = fixture(`bin/${name}.xz`);
  if (packed === undefined) return undefined;
  const at = path.join(tmpdir(), 'emp-kube-tools', name);
  if (!existsSync(at)) {
    mkdirSync(path.dirname(at), { recursive: true });
    const part = `${at}.${process.pid}`;
    const unpacked = spawnSync('sh', ['-c', 'xz -dc "$1" > "$2" && chmod +x "$2"', 'sh', packed, part]);
    if (unpacked.status !== 0) return undefined;
    renameSync(part, at);
  }
  return at;
}

const kustomize = tool('kustomize');
const helm = tool('helm');

function skipped(t: ExecutionContext, name: string): void {
  t.log(`SKIP: no ${name} on PATH or among the fixtures`);
  t.pass();
}

const manifests = (yaml: string): Manifest[] => parseAllDocuments(yaml).map((document) => document.toJS() as Manifest);

async function built(environment: Environment): Promise<Manifest[]> {
  const { stdout } = await run(kustomize as string, ['build', path.join(root, 'environments', environment.name)]);
  return manifests(stdout);
}

async function templated(environment: Environment, ...more: string[]): Promise<Manifest[]> {
  const values = path.join(chart, `values-${environment.name}.yaml`);
  const { stdout } = await run(helm as string, ['template', 'emp', chart, '--values', values, ...more]);
  return manifests(stdout);
}

function holds(t: ExecutionContext, objects: readonly Manifest[], { config, limits, mode, name }: Environment): void {
  t.deepEqual(objects.map(({ kind }) => kind).sort(), [
    'ConfigMap',
    'ConfigMap',
    'ConfigMap',
    'NetworkPolicy',
    'Service',
    'ServiceAccount',
    'StatefulSet',
  ]);
  const data = Object.assign({}, ...objects.map((object) => object.data ?? {})) as Record<string, string>;
  t.deepEqual(runtimeConfig.parse(parse(data['config.yaml'] as string)), config, name);
  t.deepEqual(limitsSchema.parse(parse(data['limits.yaml'] as string)), limits, name);
  const workload = stringify(objects.find(({ kind }) => kind === 'StatefulSet'));
  t.is(policyPointer.parse(parse(data['policy.yaml'] as string)).policy, null);
  t.true(
    workload.includes(`--environment=${name}\n`) && workload.includes(`mountPath: /srv/emp/environments/${name}\n`),
  );
  const pod = (objects.find(({ kind }) => kind === 'StatefulSet') as unknown as Workload).spec.template.spec;
  const options = bootOptions(pod.containers[0].args);
  t.like(options, { mode, environment: name, deployment: '/srv/emp', state: '/var/lib/emp' });
  // The pod mounts what this delivery made, by the name it made for it.
  for (const { metadata, data: content } of objects) {
    if (content === undefined) continue;
    t.regex(
      metadata.name,
      content['limits.yaml'] === undefined ? /^emp-(config|policy)-[0-9a-z]{10}$/ : /^emp-limits$/,
    );
    t.true(workload.includes(`name: ${metadata.name}\n`), metadata.name);
  }
}

for (const environment of clusters) {
  test(`${environment.name}: kustomize builds what is declared`, async (t) => {
    if (kustomize === undefined) return skipped(t, 'kustomize');
    const objects = await built(environment);
    holds(t, objects, environment);
    for (const { metadata } of objects) t.is(metadata.namespace, environment.cluster?.namespace);
  });

  test(`${environment.name}: the chart makes what is declared`, async (t) => {
    if (helm === undefined) return skipped(t, 'helm');
    holds(t, await templated(environment), environment);
  });

  test(`${environment.name}: both deliveries make the same workload`, async (t) => {
    if (kustomize === undefined || helm === undefined) return skipped(t, 'kustomize and helm');
    const comparable = (objects: readonly Manifest[]) =>
      objects
        .filter(({ kind }) => kind !== 'ConfigMap')
        .map(({ metadata: { namespace: _, ...metadata }, ...object }) =>
          JSON.parse(JSON.stringify({ ...object, metadata }).replace(/emp-(config|policy)-[0-9a-z]{10}/g, 'emp-$1')),
        )
        .sort((a, b) => (a.kind < b.kind ? -1 : 1));
    t.deepEqual(comparable(await templated(environment)), comparable(await built(environment)));
  });
}

test('helm lint finds nothing wrong', async (t) => {
  if (helm === undefined) return skipped(t, 'helm');
  await t.notThrowsAsync(run(helm, ['lint', chart, '--strict']));
});

const [paper] = clusters as [Environment];

const refused: readonly [flag: string, because: RegExp][] = [
  ['limits.maxOpenOrders=0', /maxOpenOrders/],
  ['config.venue.prot=9878', /prot/],
  ['mode=real', /mode/],
  ['config.instruments[0].tickSize=abc', /tickSize/],
  ['image.digest=sha256:abc', /digest/],
];

for (const [flag, because] of refused) {
  test(`the chart refuses --set ${flag}`, async (t) => {
    if (helm === undefined) return skipped(t, 'helm');
    const error = await t.throwsAsync(templated(paper, '--set', flag));
    t.regex(error?.message ?? '', because);
  });
}

test('the chart pins the image when a digest is given, and quotes what YAML would misread', async (t) => {
  if (helm === undefined) return skipped(t, 'helm');
  const values = path.join(temporaryFolder(t), 'values.yaml');
  const digest = `sha256:${'0'.repeat(64)}`;
  writeFileSync(values, `image: { digest: '${digest}' }\nconfig: { venue: { name: 'on' } }\n`);
  const objects = await templated(paper, '--values', values);
  t.true(stringify(objects).includes(`emp-runtime@${digest}`));
  const config = objects.flatMap(({ data }) => data?.['config.yaml'] ?? []).join('');
  t.is(runtimeConfig.parse(parse(config, { version: '1.1' })).venue.name, 'on');
});
