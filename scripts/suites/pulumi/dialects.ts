/** Every dialect of node pools with all that it can say, as `emp:cluster` of a stack. */
const pool = {
  name: 'evolution',
  for: 'evolution',
  machine: 'a-machine',
  gpu: { model: 'l4', perNode: 2 },
  capacity: 'spot',
  quotaGpus: 4,
  maxNodeAgeHours: 24,
} as const;

const growing = {
  limitGpus: 4,
  consolidate: { when: 'underused', afterMinutes: 15 },
  disruption: { nodesAtOnce: '20%', frozen: { schedule: '0 13 * * 1-5', hours: 8 } },
};

const shared = {
  devicePluginImage: `registry.example/device-plugin@sha256:${'0'.repeat(64)}`,
  argocd: { repository: 'https://git.example/emp.git' },
  operators: ['operators'],
  auditors: ['auditors'],
  jobs: {},
};

export const dialects: Readonly<Record<string, unknown>> = {
  'karpenter-aws': {
    ...shared,
    nodes: { by: 'karpenter-aws', discoveryTag: 'emp', nodeRole: 'nodes', amiAlias: 'al2023@v20260801' },
    pools: [{ ...pool, ...growing, sharing: { by: 'time-slicing', replicas: 4 } }],
  },
  'karpenter-azure': {
    ...shared,
    nodes: { by: 'karpenter-azure' },
    pools: [{ ...pool, ...growing, capacity: 'on-demand' }],
  },
  gke: {
    ...shared,
    nodes: { by: 'gke' },
    pools: [
      { ...pool, consolidate: { when: 'underused', afterMinutes: 15 }, sharing: { by: 'time-slicing', replicas: 2 } },
    ],
  },
  fixed: {
    ...shared,
    nodes: { by: 'fixed' },
    pools: [{ ...pool, maxNodeAgeHours: undefined, sharing: { by: 'dra' } }],
  },
};
