import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../../runtime/boot/documents.ts';
import type { UpOptions } from './options.ts';

const settings = z.strictObject({ seed: z.int(), log: z.string().nullable() });

/**
 * A state folder belongs to one market and seed: they are written down at the first `up`, and a later one that names
 * others is refused instead of mixing two worlds.
 */
export function holdToSettings({ state, seed, log }: UpOptions): void {
  const file = path.join(state, 'up.json');
  const now = { seed, log: log ?? null };
  if (!existsSync(file)) {
    writeFileSync(file, `${JSON.stringify(now)}\n`);
    return;
  }
  const parsed = settings.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success)
    throw new InputError(`${file}: is not what \`up\` wrote; restore it, or start anew: npm run reset`);
  const before = parsed.data;
  for (const name of ['seed', 'log'] as const) {
    if (before[name] === now[name]) continue;
    const fix = 'name another --state, or start anew: npm run reset';
    throw new InputError(
      `${state}: was made with --${name} ${before[name]}, --${name} ${now[name]} is not allowed; ${fix}`,
    );
  }
}
