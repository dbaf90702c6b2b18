import test from 'ava';
import type { ClusterObject } from '../../platform/cluster/object.ts';
import type { Ran } from '../doctor/finding.ts';
import { type Kubectl, obstacles } from './obstacles.ts';

const ran = (out: string, status = 0, errors = ''): Ran => ({ status, out, errors });

const TABLE = [
  'namespaces   ns   v1       false  Namespace',
  'statefulsets sts  apps/v1  true   StatefulSet',
  'nodepools         karpenter.sh/v1  false  NodePool',
].join('\n');

/** A cluster in which all is well, but for the answers given by the beginning of what is asked. */
function cluster(answers: Readonly<Record<string, Ran>>): Kubectl {
  const all: Readonly<Record<string, Ran>> = {
    'config current-context': ran('team'),
    'get --raw /version': ran(JSON.stringify({ major: '1', minor: '36', gitVersion: 'v1.36.0' })),
    'api-resources': ran(TABLE),
    ...answers,
  };
  return (args, objects = []) => {
    const asked = args.join(' ');
    const found = Object.keys(all).find((beginning) => asked.startsWith(beginning));
    if (found !== undefined) return all[found] as Ran;
    return ran(objects.map(() => 'true\n').join(''));
  };
}

const object = (apiVersion: string, kind: string, namespace?: string) =>
  ({ apiVersion, kind, metadata: { name: 'x', ...(namespace !== undefined && { namespace }) } }) as ClusterObject;
const stack = [object('v1', 'Namespace'), object('karpenter.sh/v1', 'NodePool'), object('apps/v1', 'StatefulSet', 'a')];

test('a cluster that takes the stack is no obstacle', (t) => {
  t.deepEqual(obstacles(cluster({}), stack), { code: 0, problems: [] });
});

const refused: readonly (readonly [string, Readonly<Record<string, Ran>>, 1 | 3, readonly RegExp[]])[] = [
  ['no kubectl', { version: ran('', 127) }, 3, [/^kubectl: is not on PATH/]],
  ['no context', { 'config current-context': ran('', 1) }, 3, [/^cluster: no context is chosen; .*set KUBECONFIG/]],
  [
    'no cluster',
    { 'get --raw /version': ran('', 1, 'The connection to the server 127.0.0.1:1 was refused') },
    3,
    [/^cluster: team: cannot be reached .*; start the cluster/],
  ],
  [
    'expired credentials',
    { 'get --raw /version': ran('', 1, 'error: You must be logged in to the server (Unauthorized)') },
    3,
    [/^cluster: team: the credentials are refused .*; log in to the cluster again$/],
  ],
  [
    'a missing CRD',
    { 'api-resources': ran(TABLE.replace(/nodepools.*/, '')) },
    1,
    [/^cluster: does not know karpenter\.sh\/v1 NodePool: its CRD is missing; set emp:cluster\.nodes/],
  ],
  [
    'a forbidden namespace and a right of the whole cluster',
    { 'create ': ran('true\nfalse\ntrue\ntrue\nfalse\nfalse\n') },
    1,
    [
      /^rights: may not patch in the cluster: namespaces; ask for a role/,
      /^rights: may not create or patch in namespace a: statefulsets\.apps; ask for a role/,
    ],
  ],
  ['rights that nobody tells', { 'create ': ran('', 1, 'x\nForbidden') }, 1, [/^rights: cannot be asked: Forbidden;/]],
];

for (const [what, answers, code, sentences] of refused) {
  test(`${what} is named with the fix`, (t) => {
    const found = obstacles(cluster(answers), stack);
    t.is(found.code, code);
    t.is(found.problems.length, sentences.length, found.problems.join('\n'));
    for (const [index, sentence] of sentences.entries()) t.regex(found.problems[index] as string, sentence);
  });
}

test('where nothing is made, only the cluster is asked for', (t) => {
  t.deepEqual(obstacles(cluster({ 'create ': ran('', 1), 'api-resources': ran('') }), []), { code: 0, problems: [] });
});
