/** `npm run render [-- --check]`: writes what platform/ declares, or says what differs from it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { withBoundaries } from '../platform/boundaries.ts';
import { type Rendered, render } from '../platform/render.ts';

export interface Difference {
  readonly path: string;
  readonly is: 'missing' | 'different' | 'leftover';
}

/** What `write` would change under `root`, ordered by path. */
export function differences(root: string, rendered: Rendered): Difference[] {
  const found: Difference[] = [];
  for (const [file, text] of rendered.files) {
    const at = path.join(root, file);
    if (!existsSync(at)) found.push({ path: file, is: 'missing' });
    else if (readFileSync(at, 'utf8') !== text) found.push({ path: file, is: 'different' });
  }
  for (const file of rendered.beginnings.keys()) {
    if (!existsSync(path.join(root, file))) found.push({ path: file, is: 'missing' });
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
    const text = rendered.files.get(difference.path) ?? rendered.beginnings.get(difference.path);
    if (text === undefined) {
      rmSync(at);
      continue;
    }
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
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

/** Everything rendered, the README's boundary section included, which is rendered into the README as it stands. */
export function renderInto(root: string): Rendered {
  const rendered = render();
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  return { ...rendered, files: new Map([...rendered.files, ['README.md', withBoundaries(readme)]]) };
}

export function main(args: string[]): number {
  const command = new Command('render')
    .description('writes environments/, charts/ and the README’s boundary section from what platform/ declares')
    .option('--check', 'write nothing; exit 1 when a file differs from what is declared')
    .exitOverride()
    .parse(args, { from: 'user' });
  const root = path.resolve(import.meta.dirname, '..');
  const { check } = command.opts<{ check?: boolean }>();
  const found = check ? differences(root, renderInto(root)) : write(root, renderInto(root));
  for (const difference of found) process.stdout.write(`${difference.is.padEnd(9)}  ${difference.path}\n`);
  if (check && found.length > 0) {
    process.stderr.write('render: committed files differ from what platform/ declares; run `npm run render`\n');
    return 1;
  }
  if (found.length === 0) process.stdout.write('render: nothing differs\n');
  return 0;
}
