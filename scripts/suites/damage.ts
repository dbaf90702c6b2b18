/** Damage done on purpose to a state folder. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The bytes with one bit changed in their middle. */
export function alterByte(bytes: Buffer): Buffer {
  const altered = Buffer.from(bytes);
  const middle = Math.floor(bytes.length / 2);
  altered[middle] = (altered[middle] as number) ^ 1;
  return altered;
}

/** Changes every file of the environment's head that is chosen, or removes it, and pushes that as a commit. */
export function pushChange(
  state: string,
  chosen: (file: string) => boolean,
  change: (bytes: Buffer) => Buffer | undefined,
): void {
  const clone = path.join(path.dirname(state), 'clone');
  rmSync(clone, { recursive: true, force: true });
  const git = (...args: string[]) => execFileSync('git', ['-C', clone, ...args], { encoding: 'utf8', stdio: 'pipe' });
  execFileSync('git', ['clone', '-q', '-b', 'main', path.join(state, 'environment.git'), clone], { stdio: 'pipe' });
  const files = git('ls-files').split('\n').filter(chosen);
  if (files.length === 0) throw new Error('the environment holds no such file');
  for (const file of files) {
    const bytes = change(readFileSync(path.join(clone, file)));
    if (bytes === undefined) rmSync(path.join(clone, file));
    else writeFileSync(path.join(clone, file), bytes);
  }
  git('add', '-A');
  git('-c', 'user.name=Mallory', '-c', 'user.email=mallory@example.org', 'commit', '-q', '-m', 'a small change');
  git('push', '-q', 'origin', 'main');
}

/** Files below `folder` whose name ends so. */
export function filesUnder(folder: string, end: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(end))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
