/**
 * Everything a deployment of the runtime can be told, declared once: `charts/emp/values.yaml`, `values.schema.json` and
 * the objects of `environments/base` come from here.
 */
import { z } from 'zod';
import { limits, mode, policyPointer, runtimeConfig } from '../runtime/contract.ts';
import type { Environment } from './environments.ts';

const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi)?$/, 'must be a Kubernetes quantity such as "500m" or "1Gi"');

export const workload = z.strictObject({
  image: z
    .strictObject({
      repository: z.string().min(1).default('emp-runtime').describe('where the runtime image is pulled from'),
      tag: z.string().default('0.1.0').describe('used when no digest is given'),
      digest: z
        .union([z.string().regex(/^sha256:[0-9a-f]{64}$/), z.literal('')])
        .default('')
        .describe('pins the image; live admits nothing else'),
    })
    .prefault({}),
  resources: z
    .strictObject({
      cpu: quantity.default('1').describe('one core: the runtime is one thread'),
      memory: quantity
        .default('512Mi')
        .describe('request and limit alike, so that it is never evicted for a neighbour'),
      ephemeralStorage: quantity.default('64Mi').describe('logs and nothing else: the root file system is read-only'),
    })
    .prefault({}),
  storage: quantity.default('2Gi').describe('the journal'),
});
export type Workload = z.infer<typeof workload>;

export const chartValues = z.strictObject({
  mode: mode.describe('paper or live: the flag that the runtime starts with'),
  ...workload.shape,
  config: runtimeConfig.describe('config.yaml of the runtime'),
  policy: policyPointer.describe(
    'policy.yaml: what may trade; nothing until a policy is approved for this environment',
  ),
  limits: limits.describe('limits.yaml of the runtime; swapped in place, without a restart'),
});
export type ChartValues = z.infer<typeof chartValues>;

/** The chart's values that deploy `environment`. */
export function valuesOf(environment: Environment): ChartValues {
  return {
    mode: environment.mode,
    ...workload.parse({}),
    config: environment.config,
    policy: { policy: null, path: null, evidence: null },
    limits: environment.limits,
  };
}
