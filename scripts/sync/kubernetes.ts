/**
 * Sync into a cluster: what the repository says is applied in waves, each healthy before the next; what it no longer says
 * is pruned. A field of somebody else is reported, never taken. Nothing is applied before all of it was tried dry.
 */
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';
import { applySetId, asMember, groupKindOf, kindsIn, mayBePruned, PART_OF, parentOf } from './apply-set.ts';
import type { Cluster, Conflict } from './cluster.ts';
import { type Difference, differencesOf } from './difference.ts';
import { type Health, healthOf } from './health.ts';
import { type ClusterObject, isRuntime, keyOf, nameOf } from './object.ts';
import { planOf } from './order.ts';
import type { SessionHold } from './session-hold.ts';

export interface SyncOptions {
  readonly cluster: Cluster;
  readonly environment: string;
  readonly namespace: string;
  readonly objects: readonly ClusterObject[];
  /** Change nothing: say what would be. */
  readonly dryRun: boolean;
  readonly prune: boolean;
  /** How long a wave may take to become healthy. */
  readonly waveSeconds: number;
  /** Undefined when the runtime behind an object is flat or not there; else why it may not go. */
  readonly holdsPosition: (object: ClusterObject) => Promise<string | undefined>;
  /** Why the runtime may not be restarted now; undefined when it may. */
  readonly hold?: SessionHold | undefined;
  readonly told: (line: string) => void;
}

export interface Drift {
  readonly object: string;
  /** Absent: the cluster does not have it. Unfinished: a hook that did not complete. */
  readonly differences: readonly Difference[] | 'absent' | 'unfinished';
}

export interface SyncReport {
  readonly outcome: 'in-sync' | 'applied' | 'would-apply' | 'held' | 'conflict' | 'unhealthy';
  readonly drift: readonly Drift[];
  readonly conflicts: readonly Conflict[];
  readonly pruned: readonly string[];
  /** Members that nobody wants and that stay, with the reason. */
  readonly kept: readonly { readonly object: string; readonly because: string }[];
  readonly unhealthy: readonly { readonly object: string; readonly health: Health }[];
  /** Until when nothing was applied, and why: it would restart a runtime that trades live. */
  readonly held?: SessionHold;
}

/** @throws Error when the API server cannot be asked or refuses for another reason than a conflict; a re-run goes on from there */
export async function syncCluster(options: SyncOptions): Promise<SyncReport> {
  const { cluster, environment, namespace, told, dryRun } = options;
  const objects = options.objects.map((object) => asMember(placed(object, namespace), environment, namespace));
  const { before, waves, after } = planOf(objects);
  const parent = await cluster.read(parentOf(environment, namespace, objects));

  const drift: Drift[] = [];
  const conflicts: Conflict[] = [];
  for (const object of waves.flat()) {
    const [live, dry] = [await cluster.read(object), await cluster.apply(object, true)];
    if (!dry.ok) conflicts.push(...dry.conflicts);
    else if (live === undefined) drift.push({ object: nameOf(object), differences: 'absent' });
    else {
      const differences = differencesOf(live, dry.object);
      if (differences.length > 0) drift.push({ object: nameOf(object), differences });
    }
  }
  for (const hook of after) {
    // A sync that was killed before them had applied all else: what was not judged yet is not in sync.
    const live = await cluster.read(hook);
    if (live === undefined) drift.push({ object: nameOf(hook), differences: 'absent' });
    else if (healthOf(live).state !== 'healthy') drift.push({ object: nameOf(hook), differences: 'unfinished' });
  }
  const { prunable, kept } = await unwanted(options, objects, parent);
  const held = restartsRuntime(objects, drift, prunable) ? options.hold : undefined;
  const seen = { drift, conflicts, kept, unhealthy: [], ...(held && { held }) };
  if (conflicts.length > 0) return { ...seen, outcome: 'conflict', pruned: [] };
  if (dryRun) {
    const differs = drift.length > 0 || prunable.length > 0;
    return { ...seen, outcome: differs ? 'would-apply' : 'in-sync', pruned: prunable.map(nameOf) };
  }
  if (held !== undefined) return { ...seen, outcome: 'held', pruned: [] };
  const inSync = drift.length === 0 && prunable.length === 0;

  // The parent first: whatever happens next, what it names can be found and pruned again.
  await applyAll(options, [parentOf(environment, namespace, objects, kindsIn(parent))]);
  for (const [index, wave] of [before, ...waves].entries()) {
    if (wave.length === 0 || (index === 0 && inSync)) continue;
    told(
      index === 0
        ? `before: ${wave.map(nameOf).join(', ')}`
        : `wave ${index} of ${waves.length}: ${wave.length} objects`,
    );
    if (index === 0) await removeFailed(options, wave);
    await applyAll(options, wave);
    const unhealthy = await waitFor(options, wave);
    if (unhealthy.length > 0) return { ...seen, outcome: 'unhealthy', pruned: [], unhealthy };
  }
  for (const object of prunable) {
    told(`prunes ${nameOf(object)}`);
    await cluster.remove(object);
  }
  const pruned = prunable.map(nameOf);
  if (after.length > 0 && !inSync) {
    told(`after: ${after.map(nameOf).join(', ')}`);
    await removeFailed(options, after);
    await applyAll(options, after);
    const unhealthy = await waitFor(options, after);
    if (unhealthy.length > 0) return { ...seen, outcome: 'unhealthy', pruned, unhealthy };
  }
  return { ...seen, outcome: inSync ? 'in-sync' : 'applied', pruned };
}

/** Another pod template replaces the runtime's pod; where there is no pod yet, nobody's session is broken. */
function restartsRuntime(
  objects: readonly ClusterObject[],
  drift: readonly Drift[],
  prunable: readonly ClusterObject[],
): boolean {
  const runtimes = new Set(objects.filter(isRuntime).map(nameOf));
  const restarted = drift.some(
    ({ object, differences }) =>
      runtimes.has(object) &&
      typeof differences !== 'string' &&
      differences.some(({ at }) => /^\/spec\/(template|replicas)/.test(at)),
  );
  return restarted || prunable.some(isRuntime);
}

async function applyAll({ cluster }: SyncOptions, objects: readonly ClusterObject[]): Promise<void> {
  for (const object of objects) {
    const applied = await cluster.apply(object, false);
    if (applied.ok) continue;
    const [{ field, manager } = { field: '', manager: '' }] = applied.conflicts;
    throw new Error(`${nameOf(object)}: ${field} was taken by ${manager} meanwhile; run sync again`);
  }
}

/** A hook that failed before is tried again, and a Job cannot be started twice. One that completed has answered. */
async function removeFailed({ cluster, told }: SyncOptions, hooks: readonly ClusterObject[]): Promise<void> {
  for (const hook of hooks) {
    const live = await cluster.read(hook);
    if (live === undefined || healthOf(live).state !== 'degraded') continue;
    told(`${nameOf(hook)} failed before, it runs again`);
    await cluster.remove(live);
  }
}

/** Waits until all are healthy. @returns those that are not in time, or never will be */
async function waitFor(
  { cluster, waveSeconds }: SyncOptions,
  objects: readonly ClusterObject[],
): Promise<{ object: string; health: Health }[]> {
  const beganNs = stopwatchNs();
  for (;;) {
    const unhealthy: { object: string; health: Health }[] = [];
    for (const object of objects) {
      const live = await cluster.read(object);
      const health: Health = live === undefined ? { state: 'progressing', because: 'it is not there' } : healthOf(live);
      if (health.state !== 'healthy') unhealthy.push({ object: nameOf(object), health });
    }
    const over = (stopwatchNs() - beganNs) / 1e9 >= waveSeconds;
    if (unhealthy.length === 0 || over || unhealthy.some(({ health }) => health.state === 'degraded')) return unhealthy;
    await sleepMs(500);
  }
}

/** Members of the set that are no longer wanted: what may go, and what stays and why. */
async function unwanted(
  { cluster, environment, namespace, prune, holdsPosition }: SyncOptions,
  objects: readonly ClusterObject[],
  parent: ClusterObject | undefined,
): Promise<{ prunable: ClusterObject[]; kept: { object: string; because: string }[] }> {
  const wanted = new Set(objects.map(keyOf));
  const versions = new Map(objects.map((object) => [groupKindOf(object), object.apiVersion]));
  const prunable: ClusterObject[] = [];
  const kept: { object: string; because: string }[] = [];
  for (const groupKind of kindsIn(parent)) {
    const [kind = '', ...group] = groupKind.split('.');
    const apiVersion = versions.get(groupKind) ?? (group.length === 0 ? 'v1' : `${group.join('.')}/v1`);
    const members = await cluster.list(apiVersion, kind, namespace, `${PART_OF}=${applySetId(environment, namespace)}`);
    for (const member of members) {
      if (wanted.has(keyOf(member)) || member.metadata.namespace !== namespace) continue;
      const because = !prune
        ? 'pruning was not asked for'
        : !mayBePruned(kind)
          ? `a ${kind} is never pruned`
          : await holdsPosition(member);
      if (because === undefined) prunable.push(member);
      else kept.push({ object: nameOf(member), because });
    }
  }
  return { prunable, kept };
}

/** Objects without a namespace are put into the environment's; what has no namespace by kind stays as it is. */
function placed(object: ClusterObject, namespace: string): ClusterObject {
  if (object.metadata.namespace !== undefined || clusterScoped.includes(object.kind)) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

const clusterScoped = [
  'Namespace',
  'PriorityClass',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'PersistentVolume',
];
