/** Which packages the image holds: those that the sources import and what these depend on, as the lockfile has them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});
export type Lockfile = z.infer<typeof lockfile>;

/** Dependencies that only an install script would need; none runs here. */
const INSTALL_ONLY: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['adm-zip', 'global-agent'],
};

export function readLockfile(root: string): Lockfile {
  return lockfile.parse(JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')));
}

/** Folders under the repository's root, sorted. @throws Error naming a package that the lockfile does not have */
export function packageFolders({ packages }: Lockfile, names: readonly string[]): string[] {
  const folders = new Set<string>();
  const waiting = names.map((name) => ({ name, of: '' }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { name, of } = next;
    const folder = resolve(packages, name, of);
    if (folders.has(folder)) continue;
    folders.add(folder);
    for (const dependency of Object.keys(packages[folder]?.dependencies ?? {})) {
      if (INSTALL_ONLY[name]?.includes(dependency) !== true) waiting.push({ name: dependency, of: folder });
    }
  }
  return [...folders].sort();
}

/** As Node looks for it: in the package's own node_modules first, then in those around it. */
function resolve(packages: Lockfile['packages'], name: string, of: string): string {
  for (let folder = of; folder !== ''; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const nested = `${folder}/node_modules/${name}`;
    if (packages[nested] !== undefined) return nested;
  }
  const outermost = `node_modules/${name}`;
  if (packages[outermost] !== undefined) return outermost;
  throw new Error(`package-lock.json: has no ${name}${of === '' ? '' : `, which ${of} depends on`}; run npm ci`);
}

/** Files of a package that Node never reads, and binaries for other machines. */
export function isShipped(file: string): boolean {
  if (/\.(d\.[mc]?ts|[mc]?ts|map|md|markdown|html|flow)$/i.test(file)) return false;
  const binary = /(^|\/)bin\/napi-v\d+\/([a-z0-9]+)\/([a-z0-9]+)\//.exec(file);
  return binary === null || (binary[2] === process.platform && binary[3] === process.arch);
}
