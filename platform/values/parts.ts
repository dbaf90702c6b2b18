/** The pieces that several workloads' values are made of. */
import { z } from 'zod';

export const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi)?$/, 'must be a Kubernetes quantity in quotes, such as "500m" or "1Gi"');

/** What a container gets, as request and limit alike: no neighbour can take it away, and none can be taken. */
export const resources = (cpu: string, memory: string, ephemeralStorage = '64Mi') =>
  z
    .strictObject({
      cpu: quantity.default(cpu),
      memory: quantity.default(memory),
      ephemeralStorage: quantity
        .default(ephemeralStorage)
        .describe('logs and scratch: the root file system is read-only'),
    })
    .prefault({})
    .describe('request and limit alike');

const dnsName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Names an object of the namespace; empty: there is none. */
export const objectName = z
  .union([z.literal(''), z.string().regex(dnsName, 'must be a name of lower-case letters, digits, dashes and dots')])
  .default('');

export const placement = {
  nodeSelector: z.record(z.string(), z.string()).default({}).describe('labels that a node must have'),
  tolerations: z
    .array(
      z.strictObject({
        key: z.string().min(1),
        operator: z.enum(['Exists', 'Equal']).optional(),
        value: z.string().optional(),
        effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
      }),
    )
    .default([])
    .describe('taints of nodes that it may run on'),
};

export const claim = (size: string, holds: string) =>
  z
    .strictObject({
      size: quantity.default(size).describe(holds),
      className: z.string().default('').describe("storage class; empty: the cluster's default"),
    })
    .prefault({});

export const command = (...words: readonly string[]) =>
  z
    .array(z.string().min(1))
    .min(1)
    .default([...words]);

/** How many pods serve, and by what that number moves. */
export const scaled = (max: number) => ({
  replicas: z.int().min(1).max(100).default(2).describe('pods, where nothing scales them; else the least'),
  autoscaling: z
    .enum(['none', 'hpa', 'keda'])
    .default('none')
    .describe('hpa: by CPU, needs metrics-server; keda: by KEDA, which must be installed'),
  maxReplicas: z.int().min(1).max(1000).default(max),
});
