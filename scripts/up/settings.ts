import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../../runtime/boot/documents.ts';
import type { UpOptions } from './options.ts';

const settings = z.strictObject({ seed: z.int(), log: z.string().nullable() });

/**
 * A state folder belongs to one market and seed: they are written down at the first `up` that could open its market,
 * and a later one that names others is refused instead of mixing two worlds.
 */
export function holdToSettings({ state, seed, log }: UpOptions): void {
  const file = fileOf(state);
  if (!existsSync(file)) return;
  const before = read(file);
  const now = { seed, log: log ?? null };
  for (const name of ['seed', 'log'] as const) {
    if (before[name] === now[name]) continue;
    const fix = 'name another --state, or start anew: npm run reset';
    const flag = (value: number | string | null) => (value === null ? `no --${name}` : `--${name} ${value}`);
    throw new InputError(`${state}: was made with ${flag(before[name])}, ${flag(now[name])} is not allowed; ${fix}`);
  }
}

/** Writes the settings of a state folder's first `up` down. */
export function keepSettings({ state, seed, log }: UpOptions): void {
  const file = fileOf(state);
  if (existsSync(file)) return;
  const made = `${file}.${process.pid}.new`;
  writeFileSync(made, `${JSON.stringify({ seed, log: log ?? null })}\n`);
  renameSync(made, file);
}

function fileOf(state: string): string {
  return path.join(state, 'up.json');
}

function read(file: string): z.infer<typeof settings> {
  try {
    return settings.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof z.ZodError)) throw cause;
    throw new InputError(`${file}: is not what \`up\` wrote; restore it, or start anew: npm run reset`, { cause });
  }
}
