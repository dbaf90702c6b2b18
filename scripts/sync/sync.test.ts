import test from 'ava';
import { applySetId, asMember, kindsIn, mayBePruned, PART_OF, parentOf } from './apply-set.ts';
import { differencesOf } from './difference.ts';
import { type Health, healthOf } from './health.ts';
import type { ClusterObject } from './object.ts';
import { planOf } from './order.ts';

function object(
  kind: string,
  name: string,
  change: Partial<ClusterObject> = {},
  annotations: Record<string, string> = {},
): ClusterObject {
  return { apiVersion: 'v1', kind, metadata: { name, annotations, generation: 2 }, ...change };
}

const hook = (name: string) => ({ 'argocd.argoproj.io/hook': name });
const wave = (number: string) => ({ 'argocd.argoproj.io/sync-wave': number });

test('hooks before and after, waves in their order, and in a wave what others need first', (t) => {
  const plan = planOf([
    object('StatefulSet', 'runtime'),
    object('Job', 'regression', {}, hook('PostSync')),
    object('ConfigMap', 'late', {}, wave('2')),
    object('ConfigMap', 'config'),
    object('ServiceAccount', 'account'),
    object('Job', 'gate', {}, hook('PreSync')),
    object('Service', 'early', {}, wave('-1')),
  ]);
  const names = (objects: readonly ClusterObject[]) => objects.map(({ metadata }) => metadata.name);
  t.deepEqual(
    [names(plan.before), plan.waves.map(names), names(plan.after)],
    [['gate'], [['early'], ['account', 'config', 'runtime'], ['late']], ['regression']],
  );
  t.throws(() => planOf([object('Job', 'x', {}, wave('soon'))]), {
    message: /^Job x: argocd.*"soon", a whole number is allowed$/,
  });
  t.throws(() => planOf([object('Job', 'x', {}, hook('Never'))]), {
    message: /is "Never", PreSync, Sync or PostSync is allowed/,
  });
});

const condition = (type: string, status = 'True') => ({ conditions: [{ type, status }] });
const health = test.macro({
  title: (title) => `health: ${title}`,
  exec: (t, kind: string, spec: object, status: object, state: Health['state']) => {
    t.is(healthOf(object(kind, 'x', { spec, status })).state, state);
  },
});
test(
  'a Job that Kueue admitted runs',
  health,
  'Job',
  { suspend: false },
  { ...condition('Suspended', 'False'), active: 1 },
  'progressing',
);
test('a Job that waits for Kueue', health, 'Job', { suspend: true }, {}, 'suspended');
test('a Job that was suspended', health, 'Job', {}, condition('Suspended'), 'suspended');
test('a Job that completed', health, 'Job', {}, condition('Complete'), 'healthy');
test('a Job that failed', health, 'Job', {}, condition('Failed'), 'degraded');
test('a Job that nobody has seen yet', health, 'Job', {}, {}, 'progressing');
test(
  'a StatefulSet that rolled out',
  health,
  'StatefulSet',
  { replicas: 1 },
  { observedGeneration: 2, updatedReplicas: 1, readyReplicas: 1 },
  'healthy',
);
test(
  'a StatefulSet of before',
  health,
  'StatefulSet',
  { replicas: 1 },
  { observedGeneration: 1, updatedReplicas: 1, readyReplicas: 1 },
  'progressing',
);
test('a Deployment that is stuck', health, 'Deployment', {}, condition('Progressing', 'False'), 'degraded');

test('an ApplySet’s id is the KEP’s; its parent never forgets a kind', (t) => {
  t.regex(applySetId('paper', 'emp-paper'), /^applyset-[A-Za-z0-9_-]{43}-v1$/);
  t.not(applySetId('paper', 'emp-paper'), applySetId('paper', 'emp-live'));
  const member = asMember(object('ConfigMap', 'a'), 'paper', 'emp-paper');
  t.is(member.metadata.labels?.[PART_OF], applySetId('paper', 'emp-paper'));
  t.deepEqual(kindsIn(parentOf('paper', 'emp-paper', [member], ['Job.batch'])), ['ConfigMap', 'Job.batch']);
  t.deepEqual([mayBePruned('PersistentVolumeClaim'), mayBePruned('ConfigMap')], [false, true]);
});

test('drift is what an owner says, not what the server writes', (t) => {
  const live = object('ConfigMap', 'a', { data: { x: '1', y: '2' }, status: { seen: 1 } });
  const wanted = { ...live, data: { x: '1', z: '3' }, metadata: { ...live.metadata, generation: 9 }, status: {} };
  t.deepEqual(differencesOf(live, wanted), [
    { at: '/data/y', live: '2', wanted: null },
    { at: '/data/z', live: null, wanted: '3' },
  ]);
  t.deepEqual(differencesOf(live, live), []);
});
