/**
 * Where the trust root lies. It has to be out of reach of whoever can write the repository: in the user's configuration
 * folder, in a CI secret, in a cluster's ConfigMap. The state folder's own is where a newcomer begins.
 */
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';

/** Where `npm run trust -- pin` keeps the root of this state folder: one file a folder, in the user's configuration. */
export function pinnedPathOf(state: string): string {
  const config = process.env['XDG_CONFIG_HOME'] ?? path.join(homedir(), '.config');
  const real = existsSync(state) ? realpathSync(state) : path.resolve(state);
  return path.join(config, 'emp', 'trust', `${digest12(sha256Of(real))}.json`);
}

export interface RootDescription {
  readonly file: string;
  /** How much it can show, in a sentence for a person. */
  readonly means: string;
}

export function describeRoot(file: string, state: string): RootDescription {
  if (process.env['EMP_TRUST'] !== undefined) return { file, means: 'named by EMP_TRUST' };
  if (file === pinnedPathOf(state)) return { file, means: "pinned in the user's configuration" };
  const means =
    'beside the repository: whoever can write both can replace both; `npm run trust -- pin` keeps it elsewhere';
  return { file, means };
}
