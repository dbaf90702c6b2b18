/** What live never runs, whether or not the cluster has admission policies that would refuse it: an image by a tag. */
import type { ClusterObject as Declared } from '../../platform/cluster/object.ts';
import { digestPinned } from '../../platform/guardrails/rules/digest-pinned.ts';
import { type ClusterObject, nameOf } from './object.ts';

/** @returns a sentence with the fix for each image of a live environment that is not pinned by digest */
export function unpinned(
  objects: readonly ClusterObject[],
  place: { readonly environment: string; readonly mode: 'paper' | 'live'; readonly namespace: string },
): string[] {
  if (place.mode !== 'live') return [];
  const context = { place } as Parameters<NonNullable<typeof digestPinned.check>>[1];
  return objects.flatMap((object) => {
    const problems = digestPinned.check?.(object as unknown as Declared, context) ?? [];
    return problems.map((problem) => `${nameOf(object)}: ${problem}`);
  });
}
