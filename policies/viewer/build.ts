import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const here = import.meta.dirname;
const pageRoot = path.join(here, 'page');
/** Beside the page's own folder, what is bundled into it. */
const shared = ['history.ts', 'build.ts'];
const packages = ['vite', 'preact', 'uplot'];
/** Names the sources that an output was built from. */
const STAMP = 'source.txt';

/**
 * Builds the page into `outDir`, unless what lies there was built from the same sources by the same tools.
 * An interrupted build leaves the one before in place.
 *
 * @returns whether it had to build
 * @throws Error when a source does not compile, or the folder cannot be written
 */
export async function buildPage(outDir: string): Promise<{ readonly built: boolean }> {
  const digest = sourceDigest();
  const stamp = path.join(outDir, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return { built: false };
  const part = `${outDir}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  // Loaded only here: a start that builds nothing should not wait for a bundler.
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: pageRoot,
    base: './',
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir: part, emptyOutDir: false, modulePreload: false, target: 'es2023', assetsInlineLimit: 0 },
  });
  writeFileSync(path.join(part, STAMP), digest);
  rmSync(outDir, { recursive: true, force: true });
  renameSync(part, outDir);
  return { built: true };
}

function sourceDigest(): string {
  const hash = createHash('sha256');
  const add = (name: string, bytes: string | Buffer) => hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  const files = readdirSync(pageRoot, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of [...files, ...shared.map((name) => path.join(here, name))].sort()) {
    add(path.relative(here, file), readFileSync(file));
  }
  const require = createRequire(import.meta.url);
  for (const name of packages) add(name, readFileSync(require.resolve(`${name}/package.json`)));
  return hash.digest('hex');
}
