/** Which of our files the image holds: what its commands import, and the data beside it. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { importsOf, packagesOf } from '../lint/imports.ts';

/** What a pod may be told to run, from the repository's root. `start.mjs` is the door of the scripts. */
export const commands = [
  'runtime/main.ts',
  'runtime/journal/copy-main.ts',
  'runtime/venue/venue-main.ts',
  'policies/viewer/viewer-main.ts',
  'scripts/start.mjs',
  'scripts/gate.ts',
  'scripts/evolve.ts',
  'scripts/drift-report.ts',
  'scripts/regression.ts',
] as const;

/** Read by the shipped code and imported by nothing. */
export const data = ['package.json', 'policies/archive/migrations', 'policies/markets/data-sets'] as const;

/** Imported by shipped code for what a pod never does; it would be an error to ask for it there. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '@electric-sql/pglite': 'the archive of one machine: pods share a PostgreSQL',
};

export interface Sources {
  readonly files: readonly string[];
  /** Packages that the files import, sorted. */
  readonly packages: readonly string[];
}

/** Follows the imports of `entries`. @throws Error naming the file that imports one which is not there */
export function sourcesOf(root: string, entries: readonly string[]): Sources {
  const files = new Set<string>();
  const packages = new Set<string>();
  const waiting = entries.map((file) => ({ file, from: 'the list of commands' }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { file, from } = next;
    if (files.has(file)) continue;
    const absolute = path.join(root, file);
    if (!existsSync(absolute)) throw new Error(`${file}: is imported by ${from} and is not there`);
    files.add(file);
    const source = readFileSync(absolute, 'utf8');
    for (const name of packagesOf(source)) if (ELSEWHERE[name] === undefined) packages.add(name);
    for (const { to, typeOnly } of importsOf(file, source)) if (!typeOnly) waiting.push({ file: to, from: file });
    for (const to of workersOf(root, file, source)) waiting.push({ file: to, from: file });
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** Modules that a worker thread is started on: named beside their user, `path.join(import.meta.dirname, 'worker.ts')`. */
function workersOf(root: string, file: string, source: string): string[] {
  const folder = path.posix.dirname(file);
  return [...source.matchAll(/import\.meta\.dirname, '([\w./-]+\.ts)'/g)]
    .map(([, name]) => path.posix.join(folder, name as string))
    .filter((to) => existsSync(path.join(root, to)));
}
