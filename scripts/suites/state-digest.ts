import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a process may write without changing the state: its lock, its name, and what can be made again. */
const PASSING =
  /^(?:.*\/)?(?:state\.lock|state\.pid|running\.json|.*-wal|.*-shm)$|^(?:page|page\.part|deploy|work\.git)\//;

/** Digest of each file of a state folder that must not be lost. */
export function stateDigest(folder: string): Map<string, string> {
  const digests = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.relative(folder, path.join(entry.parentPath, entry.name));
    if (!entry.isFile() || PASSING.test(file)) continue;
    digests.set(
      file,
      createHash('sha256')
        .update(readFileSync(path.join(folder, file)))
        .digest('hex'),
    );
  }
  return digests;
}

/** The first thing that differs, in words; undefined when nothing does, or only `touched`. */
export function difference(
  before: Map<string, string>,
  after: Map<string, string>,
  touched?: string,
): string | undefined {
  for (const [file, digest] of before) {
    if (file === touched) continue;
    if (!after.has(file)) return `${file} is gone`;
    if (after.get(file) !== digest) return `${file} was changed`;
  }
  for (const file of after.keys()) if (!before.has(file)) return `${file} is new`;
  return undefined;
}
