/**
 * A GPU node pool as the platform means it, and what a cloud's dialect makes of it.
 *
 * A dialect is total in one direction only: everything that it says comes from the pool, and what its cloud cannot say it
 * refuses by name instead of dropping it, since a limit that is silently not there costs money.
 */
import { z } from 'zod';
import type { ClusterObject } from '../object.ts';

export const POOL_LABEL = 'emp/pool';
export const GPU = 'nvidia.com/gpu';
/** A NodePool says how many GPUs may run, not how many machines that are: the cost rule must know. */
export const GPUS_PER_NODE = 'emp/gpus-per-node';

const name = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes, at most 20');
const whole = z.int().positive();

export const sharing = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('none') }).describe('a GPU belongs to one pod'),
  z
    .strictObject({ by: z.literal('time-slicing'), replicas: z.int().min(2).max(64) })
    .describe('the device plugin offers each GPU this many times; no memory isolation'),
  z
    .strictObject({ by: z.literal('dra'), driver: z.string().min(1).default('gpu.nvidia.com') })
    .describe('pods claim devices through resource.k8s.io/v1; needs the DRA driver on the nodes'),
]);
export type Sharing = z.infer<typeof sharing>;

const freeze = z.strictObject({
  schedule: z
    .string()
    .regex(/^(\S+ ){4}\S+$/, 'must be a cron line of five fields, in UTC')
    .describe('when it begins'),
  hours: whole.max(168).describe('how long it lasts'),
});

export const pool = z.strictObject({
  name,
  for: z.enum(['evolution', 'gates']).describe('whose pods tolerate the taint'),
  machine: z.string().min(1).describe('instance type as the cloud calls it, priced in `prices`'),
  gpu: z.strictObject({
    model: z.string().min(1).describe('as the cloud labels it: l4, A100, nvidia-l4'),
    perNode: whole.max(16),
  }),
  capacity: z.enum(['spot', 'on-demand']),
  quotaGpus: whole.describe('GPUs that admitted jobs may hold at once: the queue’s quota'),
  limitGpus: whole.optional().describe('GPUs that the autoscaler may start at once; where it knows such a limit'),
  consolidate: z
    .strictObject({ when: z.enum(['empty', 'underused']), afterMinutes: whole.max(1440) })
    .optional()
    .describe('when an idle node goes; absent: empty for ten minutes'),
  disruption: z
    .strictObject({
      nodesAtOnce: z.string().regex(/^(\d+|\d{1,2}%|100%)$/, 'must be a count such as "1" or a share such as "10%"'),
      frozen: freeze.optional().describe('no voluntary disruption in this window'),
    })
    .optional(),
  maxNodeAgeHours: whole.optional().describe('after which a node is replaced'),
  sharing: sharing.default({ by: 'none' }),
});
export type Pool = z.infer<typeof pool>;

/** What a node's end waits for, where the pool does not say. */
export function consolidationOf(pool: Pool) {
  return pool.consolidate ?? { when: 'empty' as const, afterMinutes: 10 };
}

export interface Dialect {
  /** What the cloud calls its way of making nodes. */
  readonly title: string;
  /** Fields of a pool that the cloud cannot express, each with the reason. Empty when the pool can be said in full. */
  refusals(pool: Pool): readonly Refusal[];
  /** The objects that make the pool. `fullName` is unique in the cluster. */
  objects(pool: Pool, fullName: string): readonly ClusterObject[];
  /** What a pod must select to land on the pool's nodes. */
  nodeLabels(pool: Pool, fullName: string): Readonly<Record<string, string>>;
}

export interface Refusal {
  readonly field: string;
  readonly because: string;
}

/** GPUs that can run at once: the autoscaler's limit where there is one, else what the queue admits. */
export function gpusAtMost(pool: Pool): number {
  return pool.limitGpus ?? pool.quotaGpus;
}

/** Nothing lands on a GPU node by accident. */
export function taintsOf(pool: Pool): readonly { key: string; value: string; effect: 'NoSchedule' }[] {
  return [
    { key: GPU, value: 'present', effect: 'NoSchedule' },
    { key: POOL_LABEL, value: pool.for, effect: 'NoSchedule' },
  ];
}

/**
 * @param path where the pool stands in its document, for the message
 * @throws Error with one line for each field that `dialect` cannot express
 */
export function speak(dialect: Dialect, pool: Pool, fullName: string, path: string): readonly ClusterObject[] {
  const refusals = dialect.refusals(pool);
  if (refusals.length > 0) {
    throw new Error(
      refusals
        .map(({ field, because }) => `${path}.${field}: ${dialect.title} cannot express it: ${because}`)
        .join('\n'),
    );
  }
  return dialect.objects(pool, fullName);
}
