/** What a change of an environment's documents or pointer renders anew: its overlay and its values of the chart. */
import { renderEnvironment } from '../../platform/render/render.ts';
import { readEnvironment } from '../../platform/values/environment.ts';
import { approvedPath, environmentPath, evidencePath, pointerPath } from '../../runtime/evidence/layout.ts';
import type { Problem } from '../../runtime/evidence/problem.ts';
import { parsePointer } from '../../runtime/evidence/verify-slot.ts';
import { type Changes, filesAt } from './tree.ts';

/**
 * `changes`, and with them every rendered file that follows from them, so that one commit holds both. An environment
 * that runs in no cluster has none.
 */
export async function withRendered(
  work: string,
  base: string,
  environment: string,
  changes: Changes,
): Promise<Map<string, Uint8Array | null>> {
  const own = environmentPath(environment);
  const before = await filesAt(work, base, [own]);
  const all = new Map(changes);
  if (!before.has(`${own}/platform.yaml`)) return all;

  const changed = (file: string) => (changes.has(file) ? (changes.get(file) ?? undefined) : before.get(file));
  const problems: Problem[] = [];
  const pointer = parsePointer(Buffer.from(changed(pointerPath(environment)) ?? []), environment, problems);
  const { policy = null } = pointer ?? {};
  const named = policy === null ? [] : [approvedPath(policy), evidencePath(environment, policy)];
  for (const [file, bytes] of named.length === 0 ? [] : await filesAt(work, base, named)) before.set(file, bytes);

  const rendered = renderEnvironment(readEnvironment(environment, changed));
  for (const file of before.keys()) {
    if (file.startsWith(`${own}/policy/`) && !rendered.has(file)) all.set(file, null);
  }
  for (const [file, content] of rendered) all.set(file, Buffer.from(content));
  return all;
}
