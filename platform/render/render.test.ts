import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { gateCatalog } from '../../gates/catalog.ts';
import { boundaries } from '../../runtime/contract.ts';
import { objectsOf } from '../objects-of.ts';
import { clusterEnvironments, type Environment, readEnvironment, readFileUnder } from '../values/environment.ts';
import { chartValues } from '../values/schema.ts';
import { render, renderEnvironment } from './render.ts';

const root = path.resolve(import.meta.dirname, '../..');
const environments = clusterEnvironments(root).map((name) => readEnvironment(name, readFileUnder(root)));
const [live, paper] = environments as [Environment, Environment];
const rendered = render(environments);
const content = (file: string) => parse(String(rendered.files.get(file)));

interface PodSpec {
  readonly containers: readonly [{ readonly volumeMounts: readonly { readonly name: string }[] }];
  readonly volumes: readonly { readonly name: string }[];
}

/** Paper with a policy of three small files. */
const promoted: Environment = {
  ...paper,
  values: { ...paper.values, policy: { digest: `sha256:${'ab'.repeat(32)}`, image: '', evidence: '{"signed":1}\n' } },
  policyFiles: new Map(
    ['policy.json', 'sequence.onnx', 'step.onnx'].map((name) => [name, Buffer.from([0, 255, name.length])]),
  ),
};

test('rendering twice gives the same bytes', (t) => {
  t.deepEqual([...render(environments).files], [...rendered.files]);
});

test('paper and live hold the same file names', (t) => {
  const names = (name: string) =>
    readdirSync(path.join(root, 'environments', name)).filter((file) => file !== 'policy');
  t.deepEqual(names('paper'), ['config.yaml', 'kustomization.yaml', 'limits.yaml', 'platform.yaml', 'policy.yaml']);
  t.deepEqual(names('live'), names('paper'));
});

test('what people and promotions write is never rendered', (t) => {
  const written = [...rendered.files.keys()].filter((file) => /\/(policy|config|limits|platform)\.yaml$/.test(file));
  t.deepEqual(written, []);
});

test('the chart’s values satisfy the schema they are published with', (t) => {
  for (const name of ['values', 'values-paper', 'values-live']) {
    t.true(chartValues.safeParse(content(`charts/emp/${name}.yaml`)).success, name);
  }
});

test('the pod starts with flags that the runtime has, its mode the environment’s', (t) => {
  for (const { values } of [paper, live]) {
    const runtime = objectsOf({ values, policyFiles: new Map() }).find(({ kind, metadata }) => {
      return kind === 'StatefulSet' && metadata.name === 'emp-runtime';
    }) as unknown as { spec: { template: { spec: { containers: [{ args: string[] }] } } } };
    const { args } = runtime.spec.template.spec.containers[0];
    t.is(args[0], `--${values.mode}-mode`);
    const flags = args.map((arg) => arg.split('=')[0] as string);
    t.deepEqual(
      flags.filter((flag) => !(boundaries.flags as readonly string[]).includes(flag)),
      [],
    );
  }
});

test('adding an environment adds its files and changes no other', (t) => {
  const staging: Environment = { ...paper, name: 'staging', values: { ...paper.values, namespace: 'emp-staging' } };
  const more = render([...environments, staging]).files;
  t.deepEqual(
    [...more.keys()].filter((file) => !rendered.files.has(file)),
    ['environments/staging/kustomization.yaml', 'charts/emp/values-staging.yaml'],
  );
  for (const [file, text] of rendered.files) t.is(more.get(file), text, file);
});

test('a changed limit changes one object, and the values of the chart; nothing restarts', (t) => {
  const limits = { ...paper.values.limits, maxOpenOrders: 19 };
  const values = { ...paper.values, limits, documents: { ...paper.values.documents, limits: 'maxOpenOrders: 19\n' } };
  const before = objectsOf(paper).map((object) => JSON.stringify(object));
  const changed = objectsOf({ ...paper, values }).filter((object) => !before.includes(JSON.stringify(object)));
  t.deepEqual(
    changed.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ['ConfigMap emp-limits'],
  );
  const files = renderEnvironment({ ...paper, values });
  const differing = [...renderEnvironment(paper)].filter(([file, text]) => files.get(file) !== text);
  t.deepEqual(
    differing.map(([file]) => file),
    ['charts/emp/values-paper.yaml'],
  );
});

test('a changed configuration is another object, so that its pod starts again', (t) => {
  const documents = { ...paper.values.documents, config: 'seed: 8\n' };
  const names = (environment: Environment) =>
    objectsOf(environment)
      .filter(({ kind }) => kind === 'ConfigMap')
      .map(({ metadata }) => metadata.name);
  const [before, after] = [names(paper), names({ ...paper, values: { ...paper.values, documents } })];
  t.is(before.length, after.length);
  t.is(after.filter((name) => !before.includes(name)).length, 1);
  t.regex(after.find((name) => !before.includes(name)) as string, /^emp-config-[0-9a-f]{10}$/);
});

test('a policy is an immutable object named by its digest, with its files as they are', (t) => {
  const object = objectsOf(promoted).find(({ metadata }) => metadata.name === 'emp-policy-abababababab');
  t.like(object, { kind: 'ConfigMap', immutable: true });
  const { binaryData } = object as unknown as { binaryData: Record<string, string> };
  t.is(binaryData['step.onnx'], Buffer.from([0, 255, 9]).toString('base64'));
  t.false(objectsOf(promoted).some(({ metadata }) => metadata.name === 'emp-policy-none'));
});

test('the overlay of a policy carries its files and evidence beside it', (t) => {
  const own = [...renderEnvironment(promoted).keys()];
  t.deepEqual(
    own.filter((file) => file.includes('/policy/')),
    ['policy.json', 'sequence.onnx', 'step.onnx', 'evidence.intoto.jsonl'].map(
      (name) => `environments/paper/policy/${name}`,
    ),
  );
});

test('a policy that an image holds is mounted from it where its ConfigMap would be, and admission is told', (t) => {
  const image = `registry.example/policies@sha256:${'cd'.repeat(32)}`;
  const policy = { ...promoted.values.policy, image };
  const packed: Environment = { ...promoted, values: { ...promoted.values, policy }, policyFiles: new Map() };
  const mountsAndVolume = (environment: Environment) => {
    return objectsOf(environment)
      .filter(({ kind, metadata: { name } }) => (kind === 'StatefulSet' && name === 'emp-runtime') || kind === 'Job')
      .map((object) => (object as never as { spec: { template: { spec: PodSpec } } }).spec.template.spec)
      .map(({ containers: [{ volumeMounts }], volumes }) => ({
        mounts: volumeMounts,
        volume: volumes.find(({ name }) => name === 'policy'),
      }));
  };
  const [files, artifact] = [mountsAndVolume(promoted), mountsAndVolume(packed)];
  t.is(artifact.length, 1 + gateCatalog.length);
  for (const [index, { mounts, volume }] of artifact.entries()) {
    const folder = '/srv/emp/policies/approved';
    t.like(
      mounts.find(({ name }) => name === 'policy'),
      { mountPath: `${folder}/abababababab` },
    );
    t.like(
      files[index]?.mounts.find(({ name }) => name === 'policy'),
      { mountPath: folder },
    );
    t.deepEqual(volume, { name: 'policy', image: { reference: image, pullPolicy: 'IfNotPresent' } });
  }
  const data = (name: string) => objectsOf(packed).find(({ metadata }) => metadata.name === name)?.['data'];
  t.deepEqual(data('emp-approved'), { policy: policy.digest, image });
  t.deepEqual(Object.keys(data('emp-policy-abababababab') as object), ['policy.yaml']);
  const own = [...renderEnvironment(packed).keys()].filter((file) => file.includes('/policy/'));
  t.deepEqual(own, ['environments/paper/policy/evidence.intoto.jsonl']);
});

test('one Job per gate of the catalogue, named by the policy, and none without one', (t) => {
  const jobs = (environment: Environment) =>
    objectsOf(environment)
      .filter(({ kind }) => kind === 'Job')
      .map(({ metadata }) => metadata.name);
  const names = jobs(promoted);
  t.deepEqual(
    names.map((name) => name.slice(0, -'-01234567'.length)),
    gateCatalog.map(({ name }) => `emp-gate-${name}-abababababab`).sort(),
  );
  // What a Job runs never changes: another image, or another configuration, is another Job.
  const { values } = promoted;
  for (const changed of [
    { image: { ...values.image, tag: 'next' } },
    { documents: { ...values.documents, config: 'a: 1' } },
  ]) {
    const others = jobs({ ...promoted, values: { ...values, ...changed } });
    t.deepEqual(
      others.filter((name) => names.includes(name)),
      [],
    );
  }
  t.deepEqual(jobs(paper), []);
});
