/** `npm run render [-- --check]`: writes what platform/ declares, or says what differs from it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { withBoundaries } from '../platform/boundaries.ts';
import { type Rendered, render } from '../platform/render/render.ts';
import { clusterEnvironments, readEnvironment, readFileUnder } from '../platform/values/environment.ts';
import { parseOptions, print, printJson } from './environment/cli.ts';

export interface Difference {
  readonly path: string;
  readonly is: 'missing' | 'different' | 'leftover';
}

/** What `write` would change under `root`, ordered by path. */
export function differences(root: string, rendered: Rendered): Difference[] {
  const found: Difference[] = [];
  for (const [file, content] of rendered.files) {
    const at = path.join(root, file);
    if (!existsSync(at)) found.push({ path: file, is: 'missing' });
    else if (!readFileSync(at).equals(Buffer.from(content))) found.push({ path: file, is: 'different' });
  }
  for (const folder of rendered.owned) {
    for (const file of filesUnder(root, folder)) {
      if (!rendered.files.has(file)) found.push({ path: file, is: 'leftover' });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Brings the files under `root` to what is rendered; returns what it changed. */
export function write(root: string, rendered: Rendered): Difference[] {
  const changed = differences(root, rendered);
  for (const difference of changed) {
    const at = path.join(root, difference.path);
    const content = rendered.files.get(difference.path);
    if (content === undefined) {
      rmSync(at);
      continue;
    }
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, content);
  }
  return changed;
}

function filesUnder(root: string, folder: string): string[] {
  const at = path.join(root, folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}

/** Everything rendered from the documents under `root`, the README's boundary section included. */
export function renderUnder(root: string): Rendered {
  const read = readFileUnder(root);
  const rendered = render(clusterEnvironments(root).map((name) => readEnvironment(name, read)));
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  return { ...rendered, files: new Map([...rendered.files, ['README.md', withBoundaries(readme)]]) };
}

interface Options {
  readonly check?: boolean;
  readonly json?: boolean;
}

/** @returns 0 done, 1 a committed file differs */
export function main(args: string[]): number {
  const { check = false, json = false } = parseOptions<Options>(command(), args);
  const root = path.resolve(import.meta.dirname, '..');
  const rendered = renderUnder(root);
  const found = check ? differences(root, rendered) : write(root, rendered);
  if (json) printJson({ check, files: rendered.files.size, differences: found });
  else print(...found.map(({ is, path: file }) => `${is.padEnd(9)}  ${file}`), summary(found.length, check));
  return check && found.length > 0 ? 1 : 0;
}

function command(): Command {
  return new Command('npm run render --')
    .description("writes environments/, charts/ and the README's boundary section from the environments' documents")
    .option('--check', 'write nothing; exit 1 when a file differs from what is declared')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}

function summary(found: number, check: boolean): string {
  if (found === 0) return 'render: nothing differs';
  return check
    ? `render: ${found} files differ from what is declared; run \`npm run render\``
    : `render: ${found} files written`;
}
