/** The program and its policies, through the SDK's mocks: what is registered, with which options, and what is told. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import test from 'ava';
import { parse } from 'yaml';
import { readConfiguration } from '../cluster/configuration.ts';
import { titleOf } from '../cluster/object.ts';
import { policiesOf } from '../guardrails/crossguard.ts';
import { readEnvironment, readFileUnder } from '../values/environment.ts';
import { deploy } from './deploy.ts';
import { contextOf, stackObjects } from './environment.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const configOf = (stack: string) =>
  (parse(readFileSync(path.join(root, `Pulumi.${stack}.yaml`), 'utf8')) as { config: Record<string, unknown> }).config[
    'emp:cluster'
  ] as Record<string, unknown>;

/** One program at a time: Pulumi's runtime is one per process. */
async function deployed(stack: string, cluster: unknown) {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        registered.push({ type, name, inputs });
        return { id: name, state: inputs };
      },
      call: () => ({}),
    },
    'emp',
    stack,
    false,
  );
  pulumi.runtime.setAllConfig({ 'emp:cluster': JSON.stringify(cluster) });
  const outputs = deploy();
  await pulumi.runtime.disconnect();
  return { registered, outputs };
}

for (const stack of ['paper', 'live']) {
  test.serial(`${stack}: everything that is declared is registered once, as it is declared`, async (t) => {
    const { registered } = await deployed(stack, configOf(stack));
    const declared = stackObjects(
      readEnvironment(stack, readFileUnder(root)),
      readConfiguration(configOf(stack), stack),
    );
    t.is(registered.length, declared.length);
    for (const object of declared) {
      const name = titleOf(object).split(' ').slice(1).join('/');
      const own = registered.filter((resource) => resource.name === name);
      t.is(own.length, 1, name);
      t.like(own[0]?.inputs, { apiVersion: object.apiVersion, kind: object.kind });
      t.deepEqual(own[0]?.inputs['spec'], object['spec'], name);
      t.deepEqual(own[0]?.inputs['data'], object['data'], name);
    }
  });
}

test.serial('a namespace comes before what is in it, and what runs comes last', async (t) => {
  const { registered } = await deployed('paper', configOf('paper'));
  const at = (part: string) => registered.findIndex(({ name }) => name === part);
  t.is(at('Namespace/emp-paper'), 0);
  t.true(at('ConfigMap/emp-paper/emp-limits') < at('StatefulSet/emp-paper/emp-runtime'));
  t.true(at('ValidatingAdmissionPolicyBinding/emp-paper-mode') < at('ConfigMap/emp-paper/emp-limits'));
});

test.serial('outputs say what one needs next', async (t) => {
  const { outputs } = await deployed('paper', configOf('paper'));
  t.deepEqual(outputs.namespaces, ['emp-paper']);
  t.is(outputs.endpoints['emp-runtime'], 'http://emp-runtime.emp-paper.svc:9464');
  t.is(outputs.watch, 'kubectl --namespace emp-paper rollout status statefulset/emp-runtime');
  t.regex(outputs.policyDigest, /^(sha256:[0-9a-f]{64}|none: nothing may trade)$/);
});

test.serial('where Argo CD applies the overlay the stack holds no workload', async (t) => {
  const argocd = { repository: 'https://git.example/emp.git' };
  const { registered, outputs } = await deployed('paper', { ...configOf('paper'), argocd });
  t.false(registered.some(({ name }) => name.startsWith('StatefulSet/')));
  t.true(registered.some(({ name }) => name === 'Application/argocd/emp-paper'));
  t.is(outputs.watch, 'kubectl --namespace argocd get application emp-paper --watch');
});

const wrong: readonly (readonly [string, object, RegExp])[] = [
  ['an unknown key', { qouta: {} }, /^Pulumi\.paper\.yaml: emp:cluster has the unknown key qouta$/],
  [
    'a wrong unit',
    { quota: { memoryGi: '32Gi' } },
    /^Pulumi\.paper\.yaml: emp:cluster\.quota\.memoryGi is not allowed \("32Gi"\)/,
  ],
  [
    'an image by tag',
    { devicePluginImage: 'plugin:v1' },
    /emp:cluster\.devicePluginImage is not allowed \("plugin:v1"\): must be pinned/,
  ],
  [
    'a field that the cloud has not',
    { nodes: { by: 'gke' } },
    /emp:cluster\.pools\.0\.limitGpus: GKE ComputeClass cannot express it/,
  ],
];

for (const [what, change, message] of wrong) {
  test.serial(`${what} is refused by name, and nothing is registered`, async (t) => {
    const error = await t.throwsAsync(deployed('paper', { ...configOf('paper'), ...change }));
    t.true(pulumi.RunError.isInstance(error));
    t.regex(error?.message ?? '', message);
  });
}

test('an environment that does not exist is named', async (t) => {
  await t.throwsAsync(deployed('nowhere', {}), { message: /environments\/nowhere/ });
});

test('the policy pack reports what the rules find, on resources and on the stack', (t) => {
  const configuration = readConfiguration({ ...configOf('paper'), ceilingMilliUsdPerHour: 1 }, 'Pulumi.paper.yaml');
  const environment = readEnvironment('paper', readFileUnder(root));
  const objects = stackObjects(environment, configuration);
  const resources = objects.map((props) => ({ type: `kubernetes:${props.apiVersion}:${props.kind}`, props }));
  const reports: string[] = [];
  const report = (message: string) => void reports.push(message);
  for (const policy of policiesOf(contextOf(environment, configuration))) {
    if ('validateStack' in policy) void policy.validateStack({ resources } as never, report);
    else
      for (const resource of resources)
        void (policy.validateResource as (args: never, report: unknown) => void)(resource as never, report);
  }
  t.is(reports.length, 1);
  t.regex(
    reports[0] ?? '',
    /NodePool emp-paper-evolution: all pools together may cost 1288 milliUsdPerHour, at most 1 is allowed/,
  );
});
