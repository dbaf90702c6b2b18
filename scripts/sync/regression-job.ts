/** What a cluster says about an environment's slot: the regression gate's verdict, and whether the slot is what runs. */
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { InputError } from '../../runtime/boot/documents.ts';
import type { RegressionVerdict } from '../environment/regression.ts';
import type { Cluster } from './cluster.ts';
import { healthOf } from './health.ts';
import { type ClusterObject, nameOf } from './object.ts';
import { auditOf } from './position.ts';

const COMPONENT = 'app.kubernetes.io/component';

export interface Verdict extends RegressionVerdict {
  /** Name of the Job, which is about one slot and no other. */
  readonly job: string;
  readonly timeUs: number;
}

/** The Job that judges the slot of these objects. @throws InputError when the environment has none */
export function regressionJob(objects: readonly ClusterObject[], environment: string): ClusterObject {
  const job = objects.find(({ kind, metadata }) => kind === 'Job' && metadata.labels?.[COMPONENT] === 'regression');
  if (job !== undefined) return job;
  throw new InputError(
    `environments/${environment}/platform.yaml: regression.enabled is not true, so nothing judges what runs; set it and render`,
  );
}

/** @returns what it found, or why there is no verdict yet */
export async function verdictOf(
  cluster: Cluster,
  config: KubeConfig,
  namespace: string,
  wanted: ClusterObject,
): Promise<Verdict | { readonly pending: string }> {
  const job = await cluster.read({ ...wanted, metadata: { ...wanted.metadata, namespace } });
  if (job === undefined) return { pending: `${nameOf(wanted)} is not there yet` };
  const { state, because } = healthOf(job);
  if (state !== 'healthy' && state !== 'degraded') return { pending: `${nameOf(wanted)}: ${because}` };
  const { conditions = [] } = job['status'] as { conditions?: { type: string; lastTransitionTime: string }[] };
  const ended = conditions.find(({ type }) => type === (state === 'healthy' ? 'Complete' : 'Failed'));
  const timeUs = Date.parse(ended?.lastTransitionTime ?? '') * 1000;
  const said = await saidBy(config, namespace, job.metadata.name);
  const about = { job: job.metadata.name, timeUs };
  if (state === 'healthy') return { ...about, status: 'passed', because: said ?? because };
  // Exit 1 is an answer; anything else, a deadline included, says nothing about the slot.
  const answered = /failed with exit code 1\b/.test(because);
  return { ...about, status: answered ? 'failed' : 'errored', because: said ?? because };
}

const line = z.object({ event: z.literal('regression'), because: z.string() });

/** The reason that the Job's latest pod gave; undefined where its log is gone. */
async function saidBy(config: KubeConfig, namespace: string, job: string): Promise<string | undefined> {
  const api = config.makeApiClient(CoreV1Api);
  try {
    const { items } = await api.listNamespacedPod({ namespace, labelSelector: `batch.kubernetes.io/job-name=${job}` });
    const started = (pod: (typeof items)[number]) => pod.metadata?.creationTimestamp?.getTime() ?? 0;
    const name = items.toSorted((a, b) => started(a) - started(b)).at(-1)?.metadata?.name;
    if (name === undefined) return undefined;
    const log = await api.readNamespacedPodLog({ name, namespace, tailLines: 1 });
    return line.parse(JSON.parse(log)).because;
  } catch {
    return undefined;
  }
}

export interface ClusterRunning {
  /** Digest of the policy that the runtime itself names. */
  readonly policy: string | null;
  /** What is under way, in a few words; null when the cluster holds what the commit says. */
  readonly busy: string | null;
}

/** Whether the runtime is the commit's, rolled out, and no gate runs. A pod that is not ready may be settled all the same. */
export async function runningIn(
  cluster: Cluster,
  config: KubeConfig,
  namespace: string,
  objects: readonly ClusterObject[],
): Promise<ClusterRunning> {
  const wanted = objects.find(
    ({ kind, metadata }) => kind === 'StatefulSet' && metadata.labels?.[COMPONENT] === 'runtime',
  );
  if (wanted === undefined) return { policy: null, busy: 'the commit has no runtime' };
  const busy = (because: string): ClusterRunning => ({ policy: null, busy: because });
  const live = await cluster.read({ ...wanted, metadata: { ...wanted.metadata, namespace } });
  if (live === undefined) return busy(`${nameOf(wanted)} is not there`);
  if (documentsOf(live) !== documentsOf(wanted)) return busy(`${nameOf(wanted)} is not the commit's yet`);
  const { observedGeneration = 0, updatedReplicas = 0 } = live['status'] as Readonly<Record<string, number>>;
  if (observedGeneration < (live.metadata.generation ?? 0) || updatedReplicas < 1)
    return busy('a rollout is under way');
  for (const job of await cluster.list('batch/v1', 'Job', namespace, `${COMPONENT} in (gate,regression)`)) {
    if (healthOf(job).state === 'progressing') return busy(`${nameOf(job)} runs`);
  }
  try {
    return { policy: (await auditOf(config, namespace, `${wanted.metadata.name}-0`)).policyDigest, busy: null };
  } catch (error) {
    return busy(`the runtime cannot be asked what it runs: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** Image and volumes of a workload's pods: names of ConfigMaps end in what they hold. */
function documentsOf(object: ClusterObject): string {
  const { template } = object['spec'] as {
    template: { spec: { containers: { image: string }[]; volumes: { projected?: { sources?: Source[] } }[] } };
  };
  const { containers, volumes } = template.spec;
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  return JSON.stringify([containers.map(({ image }) => image), sources.map(({ configMap }) => configMap?.name)]);
}

interface Source {
  readonly configMap?: { readonly name: string };
}
