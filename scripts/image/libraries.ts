/** The C library's files that Node and the inference engine are linked with: the base where there is no registry. */
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

/**
 * Absolute paths of the shared libraries, loader included, that the dynamic linker would load for `binaries`.
 * @throws Error when this machine's linker cannot say
 */
export function librariesOf(binaries: readonly string[]): string[] {
  const libraries = new Set<string>();
  for (const binary of binaries) {
    for (const [, library] of listed(binary).matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)) {
      // Its own neighbours travel with the package.
      if (!(library as string).includes('/node_modules/')) libraries.add(library as string);
    }
  }
  return [...libraries].sort();
}

function listed(binary: string): string {
  try {
    return execFileSync('ldd', [realpathSync(binary)], { encoding: 'utf8' });
  } catch (cause) {
    const fix = 'build on Linux with glibc, or name a base image with --base';
    throw new Error(`${binary}: its shared libraries cannot be listed (${(cause as Error).message}); ${fix}`, {
      cause,
    });
  }
}
