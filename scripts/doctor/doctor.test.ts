import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { KubernetesObject } from '../../platform/objects-of.ts';
import { admits, complaintOf, reachable, resourcesOf } from './cluster.ts';
import type { Ran, Run } from './finding.ts';
import { pinned, toolFindings, tools } from './tools.ts';

const manifest = readFileSync(path.join(import.meta.dirname, '../../mise.toml'), 'utf8');
const ran = (out: string, status = 0, errors = ''): Ran => ({ status, out, errors });

/** kubectl as a table of what it is asked, by the beginning of its arguments. */
const kubectl =
  (answers: Readonly<Record<string, Ran>>): Run =>
  (_command, args) => {
    const asked = args.join(' ');
    const found = Object.keys(answers).find((beginning) => asked.startsWith(beginning));
    return found === undefined ? ran('', 0) : (answers[found] as Ran);
  };

test('mise.toml pins each tool that it has a key for, and the doctor knows each that it pins', (t) => {
  const keys = Object.values(tools).flatMap(({ key }) => key ?? []);
  t.deepEqual([...pinned(manifest).keys()].sort(), keys.sort());
});

test('a tool that is not here is wrong only when it is needed, and says how to get it', (t) => {
  const none: Run = () => ran('', 127);
  const [kube] = toolFindings(none, manifest, ['kubectl']);
  t.like(kube, {
    subject: 'kubectl',
    status: 'wrong',
    fix: `mise install (kubectl ${pinned(manifest).get('kubectl')})`,
  });
  t.is(toolFindings(none, manifest, [])[0]?.status, 'absent');
});

test('another version than the pinned one is told, and not held against anybody', (t) => {
  const [kube] = toolFindings(() => ran('Client Version: v1.2.3'), manifest, []);
  t.is(kube?.status, 'ok');
  t.regex(kube?.detail ?? '', /^1\.2\.3; \d+\.\d+\.\d+ is what/);
});

const complains = test.macro({
  exec(t, errors: string, detail: RegExp, fix: RegExp) {
    const { findings, up } = reachable(
      kubectl({ 'config current-context': ran('team\n'), 'get --raw': ran('', 1, errors) }),
    );
    t.false(up);
    t.is(findings[0]?.status, 'wrong');
    t.regex(findings[0]?.detail ?? '', detail);
    t.regex(findings[0]?.fix ?? '', fix);
  },
  title: (name) => `tells ${name}`,
});

test(
  'a server that is not there',
  complains,
  'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?',
  /^team: cannot be reached/,
  /use-context/,
);
test(
  'expired credentials',
  complains,
  'error: You must be logged in to the server (Unauthorized)',
  /^team: the credentials are refused/,
  /log in/,
);
test('a login without rights', (t) => {
  const said = ran('', 1, 'Error from server (Forbidden): forbidden: User "x" cannot get path "/version"');
  t.regex(complaintOf('team', said).detail, /may not do this/);
});

test('a server that is too old is named with what is needed', (t) => {
  const version = JSON.stringify({ major: '1', minor: '29+', gitVersion: 'v1.29.4' });
  const { findings } = reachable(kubectl({ 'config current-context': ran('team'), 'get --raw': ran(version) }));
  t.like(findings[0], { status: 'wrong', detail: 'team: is too old (v1.29.4)', fix: 'upgrade it to 1.30 or newer' });
});

const TABLE = [
  'configmaps   cm    v1        true   ConfigMap',
  'statefulsets sts   apps/v1   true   StatefulSet',
  'priorityclasses pc scheduling.k8s.io/v1 false PriorityClass',
  'endpointslices     discovery.k8s.io/v1 true EndpointSlice',
].join('\n');

test('kinds are read with and without short names', (t) => {
  const known = resourcesOf(TABLE);
  t.deepEqual(known.get('apps/v1 StatefulSet'), { name: 'statefulsets.apps', namespaced: true });
  t.deepEqual(known.get('discovery.k8s.io/v1 EndpointSlice'), {
    name: 'endpointslices.discovery.k8s.io',
    namespaced: true,
  });
  t.deepEqual(known.get('v1 ConfigMap'), { name: 'configmaps', namespaced: true });
});

const object = (apiVersion: string, kind: string) =>
  ({ apiVersion, kind, metadata: { name: 'x', labels: {} } }) as KubernetesObject;

test('a missing CRD, a missing right, a missing namespace and a missing trust root are each named with the fix', (t) => {
  const run = kubectl({
    'api-resources': ran(TABLE),
    'auth can-i patch statefulsets.apps --namespace emp-x': ran('no', 1),
    'get namespace': ran('', 1),
    '--namespace emp-x get configmap': ran('', 1),
  });
  const objects = [
    object('apps/v1', 'StatefulSet'),
    object('monitoring.coreos.com/v1', 'ServiceMonitor'),
    object('v1', 'ConfigMap'),
  ];
  const wrong = admits(run, 'emp-x', objects).filter(({ status }) => status === 'wrong');
  t.deepEqual(
    wrong.map(({ subject, detail }) => `${subject}: ${detail}`),
    [
      'statefulsets.apps: may not patch in emp-x',
      'ServiceMonitor: ServiceMonitor of monitoring.coreos.com/v1 is not known: its CRD is missing',
      'namespace emp-x: is not there',
      'trust root: ConfigMap emp-trust is not there: no pod starts without it',
    ],
  );
  for (const { fix } of wrong) t.truthy(fix);
});
