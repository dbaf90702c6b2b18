/**
 * What belongs to a cluster and to no workload: `emp:cluster` in `Pulumi.<env>.yaml`. Names, sizes, who may do what, node
 * pools and their price. What the workloads are stands in `environments/<env>/`.
 */
import { z } from 'zod';
import { pool } from './pools/pool.ts';

const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a name of lower-case letters, digits and dashes');
const cores = z.int().positive();
const gibibytes = z.int().positive();
const milliUsdPerHour = z.int().nonnegative();
const pinned = z.string().regex(/@sha256:[0-9a-f]{64}$/, 'must be pinned by digest: name@sha256:… with 64 hex digits');

const nodes = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('fixed') }).describe('the nodes that are there; a pool is those with its label'),
  z.strictObject({
    by: z.literal('karpenter-aws'),
    discoveryTag: z.string().min(1).describe('value of the tag karpenter.sh/discovery on subnets and security groups'),
    nodeRole: z.string().min(1).describe('IAM role of the nodes'),
    amiAlias: z
      .string()
      .regex(/^(al2023|bottlerocket)@(?!latest$).+$/, 'must be a pinned image such as "al2023@v20260801"'),
  }),
  z.strictObject({
    by: z.literal('karpenter-azure'),
    imageFamily: z.enum(['Ubuntu2204', 'Ubuntu2404', 'AzureLinux']).default('AzureLinux'),
  }),
  z.strictObject({ by: z.literal('gke') }),
]);

const argocd = z.strictObject({
  namespace: name.default('argocd'),
  repository: z.string().min(1).describe('URL of this repository as Argo CD reaches it'),
  revision: z.string().min(1).default('main').describe('branch that is synced'),
});

const price = z.strictObject({ onDemandMilliUsdPerHour: milliUsdPerHour, spotMilliUsdPerHour: milliUsdPerHour });

export const clusterConfiguration = z.strictObject({
  argocd: argocd.optional().describe('who applies the overlay; absent: this program does'),
  deliverers: z
    .array(z.string().min(1))
    .default([])
    .describe('users and groups who may change what trades in live, beside Argo CD'),
  operators: z.array(z.string().min(1)).default([]).describe('groups who may restart pods and forward ports'),
  auditors: z.array(z.string().min(1)).default([]).describe('groups who may read all but secrets'),
  monitoring: z
    .strictObject({ namespace: name.default('monitoring'), rules: z.boolean().default(true) })
    .prefault({})
    .describe('where Prometheus runs; rules: PrometheusRule objects for its operator'),
  quota: z
    .strictObject({
      cpuCores: cores.default(32),
      memoryGi: gibibytes.default(128),
      storageGi: gibibytes.default(200),
      pods: z.int().positive().default(200),
    })
    .prefault({})
    .describe('what the namespace may use at most'),
  jobs: z
    .strictObject({
      cpuCores: cores.default(16),
      memoryGi: gibibytes.default(64),
      storageGi: gibibytes.default(64).describe('ephemeral'),
    })
    .optional()
    .describe('what queued jobs may use at most at once, without GPUs; absent: there is no Kueue'),
  nodes: nodes.default({ by: 'fixed' }),
  pools: z.array(pool).default([]),
  devicePluginImage: pinned.optional().describe('NVIDIA’s device plugin; absent: the cluster brings its own'),
  prices: z
    .record(z.string(), price)
    .default({})
    .describe('price table of the machines in `pools`, from the cloud’s list'),
  ceilingMilliUsdPerHour: z.int().nonnegative().default(0).describe('what all pools together may cost at most'),
});
export type ClusterConfiguration = z.infer<typeof clusterConfiguration>;

/**
 * @param file where the value comes from, for the messages
 * @throws Error with one line for each problem: file, path, actual and allowed
 */
export function readConfiguration(value: unknown, file: string): ClusterConfiguration {
  const result = clusterConfiguration.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new Error(result.error.issues.map((issue) => `${file}: ${sentence(issue)}`).join('\n'));
}

function sentence(issue: z.core.$ZodIssue): string {
  const subject = ['emp:cluster', ...issue.path].join('.');
  if (issue.code === 'unrecognized_keys') return `${subject} has the unknown key ${issue.keys.join(', ')}`;
  return `${subject} is not allowed (${JSON.stringify(issue.input) ?? 'absent'}): ${issue.message}`;
}
