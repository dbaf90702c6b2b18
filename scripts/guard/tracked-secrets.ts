/** Every file that Git tracks, searched for what must not be in Git. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Secret, secretsIn } from '../../platform/guardrails/secrets.ts';

/** Where secrets are planted on purpose, for the scan to find. */
const PLANTED = ['platform/guardrails/fixtures/', 'platform/guardrails/secrets.test.ts', 'scripts/guard.test.ts'];

/** What a text of ours never is; a model's weights look like anything. */
const LARGEST_BYTES = 4 * 1024 * 1024;

/** @throws Error when `root` is no Git repository */
export function trackedSecrets(root: string): readonly Secret[] {
  const files = execFileSync('git', ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return files
    .split('\0')
    .filter((file) => file !== '' && !PLANTED.some((planted) => file.startsWith(planted)))
    .flatMap((file) => secretsOf(path.join(root, file), file));
}

function secretsOf(at: string, file: string): readonly Secret[] {
  // Of a link Git holds only where it leads.
  const found = lstatSync(at, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > LARGEST_BYTES) return [];
  const bytes = readFileSync(at);
  return bytes.includes(0) ? [] : secretsIn(bytes.toString('utf8'), file);
}
