/** Whether an object does what it is there for, from its status alone: the same answers as `environments/argocd` gives Argo CD. */
import type { ClusterObject } from './object.ts';

export interface Health {
  readonly state: 'healthy' | 'progressing' | 'degraded' | 'suspended';
  readonly because: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const healthy = (because: string): Health => ({ state: 'healthy', because });
const progressing = (because: string): Health => ({ state: 'progressing', because });
const degraded = (because: string): Health => ({ state: 'degraded', because });

export function healthOf(object: ClusterObject): Health {
  const status = (object['status'] ?? {}) as Readonly<Record<string, unknown>>;
  const spec = (object['spec'] ?? {}) as Readonly<Record<string, unknown>>;
  switch (object.kind) {
    case 'Job':
      return healthOfJob(spec, status);
    case 'StatefulSet':
      return rolledOut(object, spec, status, 'updatedReplicas', 'readyReplicas');
    case 'Deployment': {
      const stuck = conditionOf(status, 'Progressing');
      if (stuck?.status === 'False') return degraded(stuck.message ?? 'it makes no progress');
      return rolledOut(object, spec, status, 'updatedReplicas', 'availableReplicas');
    }
    case 'PersistentVolumeClaim':
      return status['phase'] === 'Lost' ? degraded('its volume is lost') : healthy(String(status['phase'] ?? 'stored'));
    default:
      return healthy('stored');
  }
}

/**
 * A Job that Kueue admitted carries the condition `Suspended` with status False, which says that it is suspended no
 * longer, and nothing about how it goes: only Complete and Failed end it, and `spec.suspend` says whether it waits.
 */
function healthOfJob(spec: Readonly<Record<string, unknown>>, status: Readonly<Record<string, unknown>>): Health {
  const failed = conditionOf(status, 'Failed');
  if (failed?.status === 'True') return degraded(failed.message ?? 'it failed');
  if (conditionOf(status, 'Complete')?.status === 'True') return healthy('it completed');
  if (spec['suspend'] === true || conditionOf(status, 'Suspended')?.status === 'True') {
    return { state: 'suspended', because: 'it waits to be admitted' };
  }
  return progressing(`${status['active'] ?? 0} pods run, ${status['succeeded'] ?? 0} are done`);
}

function rolledOut(
  { metadata }: ClusterObject,
  spec: Readonly<Record<string, unknown>>,
  status: Readonly<Record<string, unknown>>,
  ...counts: readonly string[]
): Health {
  if (Number(status['observedGeneration'] ?? 0) < (metadata.generation ?? 0)) {
    return progressing('its controller has not seen the change yet');
  }
  const wanted = Number(spec['replicas'] ?? 1);
  for (const count of counts) {
    const now = Number(status[count] ?? 0);
    if (now < wanted) return progressing(`${count} ${now} of ${wanted}`);
  }
  return healthy(`${wanted} of ${wanted} ready`);
}

function conditionOf(status: Readonly<Record<string, unknown>>, type: string): Condition | undefined {
  return ((status['conditions'] ?? []) as readonly Condition[]).find((condition) => condition.type === type);
}
