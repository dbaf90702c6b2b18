/** Node pools in every dialect, what each refuses by name, and what the room of an environment holds. */
import test from 'ava';
import { argocdForAll } from './argocd.ts';
import { clusterObjects } from './cluster.ts';
import { readConfiguration } from './configuration.ts';
import type { ClusterObject } from './object.ts';
import { syncWindows } from './sync-windows.ts';

const place = { environment: 'staging', mode: 'paper', namespace: 'emp-staging' } as const;

const clouds = {
  'karpenter-aws': { by: 'karpenter-aws', discoveryTag: 'emp', nodeRole: 'nodes', amiAlias: 'al2023@v20260801' },
  'karpenter-azure': { by: 'karpenter-azure' },
  gke: { by: 'gke' },
  fixed: { by: 'fixed' },
} as const;
type Cloud = keyof typeof clouds;

const pool = {
  name: 'evolution',
  for: 'evolution',
  machine: 'machine-1',
  gpu: { model: 'l4', perNode: 1 },
  capacity: 'spot',
  quotaGpus: 4,
};

/** What every cloud needs beside the pool, or does not. */
const plain: Readonly<Record<Cloud, object>> = {
  'karpenter-aws': { limitGpus: 4 },
  'karpenter-azure': { limitGpus: 4 },
  gke: {},
  fixed: {},
};

function objectsOn(cloud: Cloud, change: object = {}, more: object = {}): readonly ClusterObject[] {
  const given = { nodes: clouds[cloud], pools: [{ ...pool, ...plain[cloud], ...change }], jobs: {}, ...more };
  return clusterObjects(place, readConfiguration(given, 'Pulumi.staging.yaml'), undefined);
}

const find = (objects: readonly ClusterObject[], kind: string) => objects.find((object) => object.kind === kind);

const kinds: readonly (readonly [Cloud, readonly string[]])[] = [
  ['karpenter-aws', ['EC2NodeClass', 'NodePool']],
  ['karpenter-azure', ['AKSNodeClass', 'NodePool']],
  ['gke', ['ComputeClass']],
  ['fixed', []],
];

for (const [cloud, expected] of kinds) {
  test(`${cloud} says a pool with ${expected.join(' and ') || 'nothing: its nodes are there'}`, (t) => {
    const made = objectsOn(cloud).map(({ kind }) => kind);
    t.deepEqual(made.filter((kind) => /Class$|NodePool/.test(kind) && kind !== 'WorkloadPriorityClass').sort(), [
      ...expected,
    ]);
  });
}

const refusals: readonly (readonly [Cloud, string, object, RegExp])[] = [
  [
    'karpenter-aws',
    'limitGpus',
    { limitGpus: undefined },
    /Karpenter on AWS cannot express it: a NodePool without one grows without end/,
  ],
  ['karpenter-aws', 'sharing', { sharing: { by: 'dra' } }, /starts no node for a ResourceClaim/],
  ['karpenter-azure', 'sharing', { sharing: { by: 'dra' } }, /Karpenter on AKS cannot express it/],
  ['gke', 'limitGpus', { limitGpus: 4 }, /has no limit of GPUs; quotaGpus caps them at the queue/],
  ['gke', 'disruption', { disruption: { nodesAtOnce: '1' } }, /has no disruption budget/],
  ['gke', 'sharing', { sharing: { by: 'dra' } }, /its only DRA field is for networking/],
  ['fixed', 'limitGpus', { limitGpus: 4 }, /fixed nodes cannot express it: nothing here starts or ends a node/],
  ['fixed', 'disruption', { disruption: { nodesAtOnce: '1' } }, /fixed nodes cannot express it/],
];

for (const [cloud, field, change, because] of refusals) {
  test(`${cloud} refuses ${field} by name: ${JSON.stringify(change)}`, (t) => {
    const error = t.throws(() => objectsOn(cloud, change));
    t.true(error?.message.startsWith(`emp:cluster.pools.0.${field}: `), error?.message);
    t.regex(error?.message ?? '', because);
  });
}

test('everything that a cloud cannot express is said at once', (t) => {
  const error = t.throws(() => objectsOn('gke', { limitGpus: 4, disruption: { nodesAtOnce: '1' } }));
  t.is(error?.message.split('\n').length, 2);
});

test('a NodePool carries limit, taints, consolidation, budgets and capacity as declared', (t) => {
  const nodePool = find(
    objectsOn('karpenter-aws', {
      consolidate: { when: 'underused', afterMinutes: 15 },
      disruption: { nodesAtOnce: '20%', frozen: { schedule: '0 13 * * 1-5', hours: 8 } },
    }),
    'NodePool',
  );
  t.like(nodePool, {
    metadata: { name: 'emp-staging-evolution' },
    spec: {
      limits: { 'nvidia.com/gpu': '4' },
      disruption: {
        consolidationPolicy: 'WhenEmptyOrUnderutilized',
        consolidateAfter: '15m',
        budgets: [{ nodes: '20%' }, { nodes: '0', schedule: '0 13 * * 1-5', duration: '8h' }],
      },
    },
  });
  const text = JSON.stringify(nodePool);
  t.true(
    text.includes('"values":["spot"]') &&
      text.includes('"key":"nvidia.com/gpu","value":"present","effect":"NoSchedule"'),
  );
});

test('time-slicing multiplies what the queue and the quota count, not the nodes', (t) => {
  const image = { devicePluginImage: `plugin@sha256:${'0'.repeat(64)}` };
  const objects = objectsOn('karpenter-aws', { sharing: { by: 'time-slicing', replicas: 3 } }, image);
  t.true(JSON.stringify(find(objects, 'ClusterQueue')).includes('{"name":"nvidia.com/gpu","nominalQuota":"12"}'));
  t.like(find(objects, 'ResourceQuota'), { spec: { hard: { 'requests.nvidia.com/gpu': '12' } } });
  t.like(find(objects, 'NodePool'), { spec: { limits: { 'nvidia.com/gpu': '4' } } });
  t.like(find(objects, 'DaemonSet'), { metadata: { namespace: 'emp-gpu-staging' } });
});

test('time-slicing without a device plugin is refused, except where the cloud shares by itself', (t) => {
  const sharing = { sharing: { by: 'time-slicing', replicas: 3 } };
  t.throws(() => objectsOn('karpenter-azure', sharing), {
    message: /^emp:cluster\.devicePluginImage is not allowed \(absent\)/,
  });
  t.true(JSON.stringify(find(objectsOn('gke', sharing), 'ComputeClass')).includes('"maxSharedClientsPerGPU":3'));
});

test('claimed GPUs come with a class and a template, and no queue counts them', (t) => {
  const objects = objectsOn('fixed', { sharing: { by: 'dra' } });
  t.truthy(find(objects, 'DeviceClass'));
  t.like(find(objects, 'ResourceClaimTemplate'), { metadata: { name: 'gpu-evolution', namespace: 'emp-staging' } });
  t.false(JSON.stringify(find(objects, 'ClusterQueue')).includes('nvidia.com/gpu'));
});

test('two pools of one name are refused', (t) => {
  const twice = { pools: [pool, pool] };
  t.throws(() => objectsOn('gke', {}, twice), { message: /the name evolution is there twice/ });
});

test('without jobs there is no Kueue, without groups no role, without Argo CD no application', (t) => {
  const made = clusterObjects(place, readConfiguration({ monitoring: { rules: false } }, 'x'), undefined).map(
    ({ kind }) => kind,
  );
  t.deepEqual(made, ['Namespace', 'ResourceQuota', 'LimitRange', 'NetworkPolicy']);
});

test('every name that has no namespace carries the environment', (t) => {
  for (const { kind, metadata } of objectsOn('karpenter-aws')) {
    if (metadata.namespace === undefined) t.regex(metadata.name, /^emp-(gpu-)?staging/, kind);
  }
});

test('Argo CD gets the same application from a stack as from the ApplicationSet', (t) => {
  const argocd = { repository: 'https://git.example/emp.git' };
  const own = clusterObjects(place, readConfiguration({ argocd }, 'Pulumi.staging.yaml'), undefined);
  const set = find(argocdForAll(), 'ApplicationSet') as ClusterObject & { spec: { template: object } };
  const filled = JSON.stringify(set.spec.template)
    .replaceAll('{{ .path.basename }}', 'staging')
    .replace('"repoURL":"SET-BY-KUSTOMIZE"', `"repoURL":"${argocd.repository}"`)
    .replace('"targetRevision":"SET-BY-KUSTOMIZE"', '"targetRevision":"main"')
    .replace('"project":"emp"', '"project":"emp-staging"');
  const { metadata, spec } = find(own, 'Application') as ClusterObject;
  const { name, annotations } = metadata;
  t.deepEqual(JSON.parse(filled), { metadata: { name, annotations }, spec });
  const [narrow, wide] = [own, argocdForAll()].map((objects) => find(objects, 'AppProject')?.['spec'] as object);
  t.deepEqual(
    { ...wide, description: 0, sourceRepos: 0, destinations: 0 },
    { ...narrow, description: 0, sourceRepos: 0, destinations: 0 },
  );
});

test('a live market’s sessions are windows in which Argo CD syncs by hand only', (t) => {
  const sessions = [
    { days: ['mon' as const, 'fri' as const], open: '09:30', close: '16:00' },
    { days: ['sun' as const], open: '18:00', close: '17:15' },
  ];
  const calendar = { timeZone: 'America/New_York', sessions, holidays: ['2026-12-25'], earlyCloses: [] };
  const live = { ...place, environment: 'live', mode: 'live' as const };
  const windows = syncWindows(live, calendar);
  t.deepEqual(
    windows.map(({ schedule, duration }) => [schedule, duration]),
    [
      ['30 9 * * 1,5', '6h30m'],
      ['0 18 * * 0', '23h15m'],
    ],
  );
  t.like(windows[0], { kind: 'deny', timeZone: 'America/New_York', applications: ['emp-live'], manualSync: true });
  const { spec } = find(argocdForAll(windows), 'AppProject') as ClusterObject & { spec: object };
  t.deepEqual((spec as { syncWindows: unknown }).syncWindows, windows);
  t.deepEqual(syncWindows(place, calendar), [], 'paper risks no money');

  const argocd = { repository: 'https://git.example/emp.git' };
  const stack = clusterObjects(live, readConfiguration({ argocd }, 'Pulumi.live.yaml'), calendar);
  t.deepEqual(find(stack, 'AppProject')?.['spec'], {
    ...(find(stack, 'AppProject')?.['spec'] as object),
    syncWindows: windows,
  });
});

test('a live market without a calendar never closes: Argo CD syncs it by hand only, as sync does by a word in the commit', (t) => {
  const live = { ...place, environment: 'live', mode: 'live' as const };
  const [always, ...more] = syncWindows(live, undefined);
  t.deepEqual(more, []);
  t.like(always, {
    kind: 'deny',
    schedule: '0 0 * * *',
    duration: '48h',
    applications: ['emp-live'],
    manualSync: true,
  });
});
