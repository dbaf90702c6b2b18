import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { boundaries, limits as limitsSchema, policyPointer, runtimeConfig } from '../runtime/contract.ts';
import { withBoundaries } from './boundaries.ts';
import { type Environment, environments } from './environments.ts';
import { render } from './render.ts';
import { chartValues } from './values.ts';
import { toYaml } from './yaml.ts';

interface StatefulSet {
  readonly spec: { readonly template: { readonly spec: { readonly containers: [{ readonly args: string[] }] } } };
}

const rendered = render();

const document = (path: string): unknown => parse(rendered.files.get(path) ?? rendered.beginnings.get(path) ?? '');

test('rendering twice gives the same bytes', (t) => {
  t.deepEqual([...render().files], [...rendered.files]);
});

test('what is rendered reads back as what was declared', (t) => {
  for (const { name, config, limits } of environments) {
    t.deepEqual(runtimeConfig.parse(document(`environments/${name}/config.yaml`)), config);
    t.deepEqual(limitsSchema.parse(document(`environments/${name}/limits.yaml`)), limits);
    t.deepEqual(policyPointer.parse(document(`environments/${name}/policy.yaml`)), {
      policy: null,
      path: null,
      evidence: null,
    });
  }
});

test('paper and live hold the same file names', (t) => {
  const names = (environment: string) =>
    [...rendered.files.keys(), ...rendered.beginnings.keys()]
      .filter((path) => path.startsWith(`environments/${environment}/`))
      .map((path) => path.split('/').at(-1))
      .sort();
  t.deepEqual(names('paper'), ['config.yaml', 'kustomization.yaml', 'limits.yaml', 'policy.yaml']);
  t.deepEqual(names('live'), names('paper'));
});

test('promotion owns the pointer: rendering never holds bytes for it', (t) => {
  for (const { name } of environments) t.false(rendered.files.has(`environments/${name}/policy.yaml`));
});

test('the chart’s values satisfy the schema they are published with', (t) => {
  for (const path of ['values.yaml', 'values-paper.yaml', 'values-live.yaml']) {
    t.true(chartValues.safeParse(document(`charts/emp/${path}`)).success, path);
  }
});

test('the mode flag follows the environment', (t) => {
  t.true(rendered.files.get('environments/paper/kustomization.yaml')?.includes('value: --paper-mode'));
  t.true(rendered.files.get('environments/live/kustomization.yaml')?.includes('value: --live-mode'));
});

test('the pod starts with flags that the runtime has', (t) => {
  const { args } = (document('environments/base/stateful-set.yaml') as StatefulSet).spec.template.spec.containers[0];
  const flags = args.map((arg) => arg.split('=')[0] as string);
  t.deepEqual(
    flags.filter((flag) => !(boundaries.flags as readonly string[]).includes(flag)),
    [],
  );
});

test('adding an environment adds its files and changes no other', (t) => {
  const paper = environments[1] as Environment;
  const staging: Environment = { ...paper, name: 'staging', cluster: { namespace: 'emp-staging' } };
  const more = render([...environments, staging]).files;
  t.deepEqual(
    [...more.keys()].filter((path) => !rendered.files.has(path)),
    ['config.yaml', 'limits.yaml', 'kustomization.yaml'].map((name) => `environments/staging/${name}`),
  );
  for (const [path, text] of rendered.files) t.is(more.get(path), text, path);
});

test('a cluster environment whose port the probes cannot follow is refused', (t) => {
  const paper = environments[1] as Environment;
  const moved = { ...paper, config: { ...paper.config, http: { host: '0.0.0.0', port: 9000 } } };
  t.throws(() => render([moved]), { message: /^environments\/paper\/config\.yaml: http\.port is 9000, only 9464 is/ });
});

test('YAML 1.1 booleans and other traps are quoted', (t) => {
  const traps = [
    'n',
    'Y',
    'on',
    'Off',
    'yes',
    'null',
    '~',
    '1e3',
    '0x1f',
    '0o17',
    '1_000',
    '012',
    '1:30',
    '2026-01-01',
    '',
  ];
  for (const trap of traps) {
    t.is(parse(toYaml({ key: trap }), { version: '1.2' }).key, trap);
    t.is(parse(toYaml({ key: trap }), { version: '1.1' }).key, trap);
  }
});

test('any text survives both YAML versions', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+.0-9a-fx_:eE]{1,6}$/)), (text) => {
      for (const version of ['1.1', '1.2'] as const) t.is(parse(toYaml({ key: text }), { version }).key, text);
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test('the boundary section is written between its markers and nothing else is touched', (t) => {
  const readme = 'before\n<!-- boundaries: written by `npm run render` -->\nstale\n<!-- /boundaries -->\nafter\n';
  const written = withBoundaries(readme);
  t.true(written.startsWith('before\n') && written.endsWith('\nafter\n'));
  t.true(written.includes('`--paper-mode`') && !written.includes('stale'));
  t.is(withBoundaries(written), written);
});

test('a README without markers is refused', (t) => {
  t.throws(() => withBoundaries('# EMP\n'), { message: /^README\.md: the boundary section's markers are missing/ });
});
