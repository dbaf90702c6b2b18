/**
 * Everything that a deployment can be told, declared once: types, defaults, errors and docs. `charts/emp/values.yaml` and
 * `values.schema.json`, the editor's schema of `environments/<env>/platform.yaml`, and the objects that every delivery
 * applies come from here.
 */
import { z } from 'zod';
import { digest, imageReference, limits, mode, runtimeConfig } from '../../runtime/contract.ts';
import { claim, command, objectName, placement, resources, scaled } from './parts.ts';

const image = z
  .strictObject({
    repository: z.string().min(1).default('emp-runtime').describe('where the image is pulled from'),
    tag: z.string().min(1).default('0.1.0').describe('used when no digest is given'),
    digest: z
      .union([z.literal(''), digest])
      .default('')
      .describe('pins the image; live admits nothing else'),
    pullPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .default('Always')
      .describe('Always asks the registry which image the tag means; IfNotPresent where a node must start without it'),
  })
  .prefault({});

const runtime = z
  .strictObject({
    command: command('node', 'runtime/main.ts'),
    autoscaling: z
      .literal('none', 'only none: two pods must never trade one symbol')
      .default('none')
      .describe('none and nothing else: two pods must never trade one symbol'),
    resources: resources('1', '512Mi'),
    storage: claim('2Gi', 'the journal'),
    ...placement,
  })
  .prefault({})
  .describe('the process that trades');

const venue = z
  .strictObject({
    enabled: z.boolean().default(false).describe('a simulated exchange beside the runtime; paper only'),
    command: command('node', 'runtime/venue/venue-main.ts'),
    seed: z.int().nonnegative().default(7).describe('seed of its market'),
    resources: resources('1', '512Mi'),
    storage: claim('1Gi', 'orders, positions and sequence numbers'),
  })
  .prefault({});

const viewer = z
  .strictObject({
    enabled: z.boolean().default(false).describe('the web page that shows the loop'),
    command: command('node', 'policies/viewer/viewer-main.ts'),
    port: z.int().min(1).max(65535).default(8080),
    ...scaled(4),
    resources: resources('250m', '256Mi'),
  })
  .prefault({});

const gates = z
  .strictObject({
    enabled: z.boolean().default(false).describe('one Job per gate, on the policy that the pointer names'),
    command: command('node', 'scripts/start.mjs', 'gate'),
    hook: z.enum(['none', 'argocd']).default('none').describe('argocd: Jobs of the PreSync hook'),
    seed: z.int().nonnegative().default(7).describe('seed of everything that a gate draws'),
    keySecret: objectName.describe('Secret with the keys that sign verdicts; empty: keys of the pod alone, for trials'),
  })
  .prefault({});

const regression = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('a Job after each sync that judges what the runtime recorded since; `npm run follow` acts on it'),
    command: command('node', 'scripts/start.mjs', 'regression'),
    decisions: z.int().min(1).default(500).describe('decisions without which it can say nothing'),
    windowSeconds: z.int().min(10).max(86_400).default(900).describe('how long it waits for them'),
    resources: resources('100m', '256Mi'),
  })
  .prefault({});

const drift = z
  .strictObject({
    enabled: z.boolean().default(false).describe('the nightly drift report'),
    command: command('node', 'scripts/start.mjs', 'drift-report'),
    schedule: z
      .string()
      .regex(/^\S+ \S+ \S+ \S+ \S+$/, 'must be a cron schedule of five fields, such as "30 2 * * *"')
      .default('30 2 * * *'),
    timeZone: z.string().min(1).default('Etc/UTC'),
    resources: resources('1', '1Gi'),
  })
  .prefault({});

const evolution = z
  .strictObject({
    enabled: z.boolean().default(false).describe('an Indexed Job that evaluates candidates'),
    command: command('node', 'scripts/start.mjs', 'evolve'),
    run: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$/, 'must be at most 20 lower-case letters, digits and dashes')
      .default('1')
      .describe("names the run and its Job: a Job's template never changes, so another run is another name"),
    seed: z.int().nonnegative().default(7),
    units: z.int().min(1).max(100_000).default(8).describe('completions of the Job'),
    budget: z
      .enum(['quick', 'default'])
      .default('default')
      .describe('what one unit spends; quick only shows that it works'),
    parallelism: z.int().min(1).max(1000).default(2),
    retriesPerUnit: z.int().min(0).max(100).default(3),
    keepSeconds: z.int().min(0).default(86_400).describe('a finished Job is removed after so long'),
    gpus: z.int().min(0).max(8).default(0).describe('nvidia.com/gpu of each unit'),
    queue: objectName.describe("Kueue's LocalQueue; empty: the Job starts at once, without Kueue"),
    resources: resources('1', '1Gi'),
    ...placement,
  })
  .prefault({});

const workers = z
  .strictObject({
    enabled: z.boolean().default(false).describe('pods that take units of evolution for as long as there are any'),
    command: command('node', 'scripts/start.mjs', 'evolve'),
    ...scaled(16),
    resources: resources('1', '1Gi'),
    ...placement,
  })
  .prefault({});

const database = z
  .strictObject({
    secret: objectName.describe('Secret with the PostgreSQL URL of the archive; the URL itself stands nowhere here'),
    key: z
      .string()
      .regex(/^[-._a-zA-Z0-9]+$/, 'must be a key of letters, digits, dashes, dots and underscores')
      .default('url')
      .describe('key of that Secret'),
    port: z.int().min(1).max(65535).default(5432).describe('for the network policy'),
  })
  .prefault({});

const monitoring = z
  .strictObject({
    serviceMonitor: z.boolean().default(false).describe('for the Prometheus operator'),
    alerts: z.boolean().default(false).describe('PrometheusRule, for the Prometheus operator'),
    dashboard: z.boolean().default(false).describe("ConfigMap for Grafana's dashboard sidecar"),
    namespace: z.string().min(1).default('monitoring').describe('where Prometheus runs: from there it may scrape'),
  })
  .prefault({});

const sources = {
  config: runtimeConfig.describe('config.yaml of the runtime'),
  limits: limits.describe('limits.yaml of the runtime; swapped in place, without a restart'),
  policy: z
    .strictObject({
      digest: z
        .union([z.literal(''), digest])
        .default('')
        .describe('what may trade; empty: nothing'),
      image: z
        .union([z.literal(''), imageReference])
        .default('')
        .describe('artifact with its files, mounted as an image volume; empty: they lie in a ConfigMap'),
      evidence: z.string().default('').describe('its signed statements, one a line'),
    })
    .prefault({}),
  documents: z
    .strictObject({
      config: z
        .string()
        .default('')
        .describe('bytes of config.yaml, which an approval covers; must say what config says'),
      limits: z
        .string()
        .default('')
        .describe('bytes of limits.yaml, which an approval covers; must say what limits says'),
    })
    .prefault({})
    .describe('where one is empty it is written from the values, and no approval covers it'),
};

/** What a person writes in `environments/<env>/platform.yaml`: all that is not a document of the runtime. */
export const platformDocument = z.strictObject({
  mode: mode.describe('paper or live: the flag that the runtime starts with'),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a namespace's name")
    .describe('where kustomize and Pulumi put the objects; Helm is told by --namespace'),
  image,
  runtime,
  venue,
  viewer,
  gates,
  regression,
  drift,
  evolution,
  workers,
  database,
  monitoring,
  priorityClasses: z
    .boolean()
    .default(true)
    .describe('made with the environment; false: somebody else makes emp-<environment>-{runtime,gates,evolution}'),
});
export type PlatformDocument = z.infer<typeof platformDocument>;

export const valuesSchema = z.strictObject({ ...platformDocument.shape, ...sources });
export type Values = z.infer<typeof valuesSchema>;

/** Helm is told the namespace by its own flag. */
export const chartValues = valuesSchema.omit({ namespace: true });
