/** In which order objects are applied: hooks before and after, waves, and within a wave what others need first. */
import { type ClusterObject, nameOf } from './object.ts';

export interface Plan {
  /** Jobs that must complete before anything else is applied. */
  readonly before: readonly ClusterObject[];
  /** Each wave is healthy before the next begins. */
  readonly waves: readonly (readonly ClusterObject[])[];
  /** Jobs that must complete once all of it is healthy. */
  readonly after: readonly ClusterObject[];
}

const HOOK = 'argocd.argoproj.io/hook';
const WAVE = 'argocd.argoproj.io/sync-wave';
/** What others refer to comes first; a kind that is not listed comes with the workloads, at the end. */
const FIRST = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'ServiceAccount',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'Service',
];

/** @throws Error naming an object whose wave is no number, or whose hook is none of ours */
export function planOf(objects: readonly ClusterObject[]): Plan {
  const hooked = (hook: string | undefined) => objects.filter((object) => hookOf(object) === hook);
  const waves = Map.groupBy(hooked(undefined), waveOf);
  return {
    before: hooked('PreSync').toSorted(byRank),
    waves: [...waves].sort(([a], [b]) => a - b).map(([, wave]) => wave.toSorted(byRank)),
    after: hooked('PostSync').toSorted(byRank),
  };
}

function hookOf(object: ClusterObject): string | undefined {
  const hook = object.metadata.annotations?.[HOOK];
  if (hook === undefined || hook === 'Sync') return undefined;
  if (hook === 'PreSync' || hook === 'PostSync') return hook;
  throw new Error(`${nameOf(object)}: ${HOOK} is "${hook}", PreSync, Sync or PostSync is allowed`);
}

function waveOf(object: ClusterObject): number {
  const text = object.metadata.annotations?.[WAVE] ?? '0';
  if (/^-?\d{1,6}$/.test(text)) return Number(text);
  throw new Error(`${nameOf(object)}: ${WAVE} is "${text}", a whole number is allowed`);
}

function byRank(a: ClusterObject, b: ClusterObject): number {
  return rankOf(a) - rankOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

function rankOf({ kind }: ClusterObject): number {
  const rank = FIRST.indexOf(kind);
  return rank < 0 ? FIRST.length : rank;
}
