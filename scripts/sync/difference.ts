/** Where an object in the cluster differs from what applying would make of it. */
import type { ClusterObject } from './object.ts';

export interface Difference {
  /** JSON pointer. */
  readonly at: string;
  readonly live: unknown;
  readonly wanted: unknown;
}

/** Fields that the API server writes about an object, not its owner. */
const SERVERS = ['managedFields', 'resourceVersion', 'uid', 'creationTimestamp', 'generation', 'selfLink'];

/** @param wanted the answer of a dry run: with defaults and with what others own, so that only a real difference is one */
export function differencesOf(live: ClusterObject, wanted: ClusterObject): Difference[] {
  const found: Difference[] = [];
  compare('', stripped(live), stripped(wanted), found);
  return found;
}

function stripped(object: ClusterObject): unknown {
  const { status: _, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([name]) => !SERVERS.includes(name));
  return { ...rest, metadata: Object.fromEntries(kept) };
}

function compare(at: string, live: unknown, wanted: unknown, found: Difference[]): void {
  if (Object.is(live, wanted)) return;
  if (isRecord(live) && isRecord(wanted)) {
    for (const name of new Set([...Object.keys(live), ...Object.keys(wanted)])) {
      compare(`${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, live[name], wanted[name], found);
    }
  } else if (JSON.stringify(live) !== JSON.stringify(wanted)) {
    found.push({ at, live: live ?? null, wanted: wanted ?? null });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
