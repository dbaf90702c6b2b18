/** Where a team's proposals live, as the command line names it: the remote, a clone of it, keys, and the trust root. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { type SigningKey, signingKey } from '../../gates/keys.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import type { Role, TrustRoot } from '../../runtime/evidence/trust.ts';
import { gitResult } from '../environment/git.ts';
import { attach, type EnvironmentRepository } from '../environment/repository.ts';

/** The remote's private clone, one a remote, under the state folder. */
export async function teamRepository(state: string, remote: string): Promise<EnvironmentRepository> {
  const folder = path.join(state, 'remotes');
  mkdirSync(folder, { recursive: true });
  return attach(remote, path.join(folder, `${digest12(sha256Of(remote))}.git`));
}

/** The address of a checkout's `origin`. @throws InputError when it has none */
export async function originOf(checkout: string): Promise<string> {
  const found = await gitResult(checkout, ['remote', 'get-url', 'origin'], { asUser: true });
  if (found.status === 0) return found.stdout.toString('utf8').trim();
  throw new InputError(`${checkout}: has no remote "origin"; name the repository with --remote`);
}

/**
 * A key of this machine for a role, made on first use. It speaks for nobody until whoever keeps the trust root adds it.
 * @throws InputError with what to add when the root does not trust it
 */
export function trustedKey(folder: string, role: Role, trust: TrustRoot, trustPath: string): SigningKey {
  const file = path.join(folder, `${role}.pem`);
  const made = !existsSync(file);
  const key = signingKey(folder, role);
  const known = trust.keys.find(({ keyId }) => keyId === key.keyId);
  if (known?.roles.includes(role) === true) {
    if (known.retired === undefined) return key;
    throw new InputError(`${file}: the key is retired (${known.retired.because}), one in force is allowed`);
  }
  const how = made ? 'was made just now, and is not trusted yet' : 'is not trusted';
  const fix = `whoever keeps ${trustPath} adds it with role "${role}"`;
  throw new InputError(`${file}: key ${key.keyId} ${how} for role "${role}"; ${fix}:\n${key.publicKeyPem.trimEnd()}`);
}
