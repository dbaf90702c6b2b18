/** Where a team's proposals live, as the command line names it: the remote, a clone of it, keys, and the trust root. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { type SigningKey, signingKey } from '../../gates/keys.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import { type Clock, SystemClock } from '../../runtime/clock.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { loadTrust, outsideValidity, type Role, type TrustRoot } from '../../runtime/evidence/trust.ts';
import { gitResult } from '../environment/git.ts';
import { existingEnvironment } from '../environment/product.ts';
import { attach, type EnvironmentRepository } from '../environment/repository.ts';
import { localTrust, trustPathOf } from '../environment/trust.ts';
import { claimStateFolder } from '../state/state-folder.ts';

/** The remote's private clone, one a remote, under the state folder. */
export async function teamRepository(state: string, remote: string): Promise<EnvironmentRepository> {
  const folder = path.join(state, 'remotes');
  mkdirSync(folder, { recursive: true });
  return attach(remote, path.join(folder, `${digest12(sha256Of(remote))}.git`));
}

export interface AutomationPlace {
  readonly repository: EnvironmentRepository;
  readonly trustPath: string;
  /** A key of this machine that the root trusts for a role. */
  key(role: Role): SigningKey;
}

/** A team's repository with the keys that sign without a person. @throws InputError when the trust root is missing */
export async function automationAt(state: string, remote: string, keys: string | undefined): Promise<AutomationPlace> {
  claimStateFolder(state);
  const trustPath = trustPathOf(state);
  if (!existsSync(trustPath)) {
    throw new InputError(
      `${trustPath}: trust root is missing; ask whoever keeps the team's, and name it with EMP_TRUST`,
    );
  }
  const trust = loadTrust(trustPath);
  const folder = path.resolve(keys ?? path.join(state, 'keys'));
  const key = (role: Role) => trustedKey(folder, role, trust, trustPath);
  return { repository: await teamRepository(state, remote), trustPath, key };
}

/** Where an environment is rolled back, or marked verified, without a person. */
export interface PromoterPlace {
  readonly repository: EnvironmentRepository;
  readonly environment: string;
  readonly keys: { readonly promoter: SigningKey };
  readonly trustPath: string;
  readonly clock: Clock;
}

/** The state folder's own environment, or a team's. @throws InputError when there is none, or its key is not trusted */
export async function promoterPlace(named: {
  readonly state: string;
  readonly environment: string;
  readonly remote?: string;
  readonly keys?: string;
}): Promise<PromoterPlace> {
  const { state, environment, remote, keys } = named;
  const clock = new SystemClock();
  if (remote === undefined) {
    return { repository: await existingEnvironment(state), environment, clock, ...localTrust(state) };
  }
  const { repository, key, trustPath } = await automationAt(state, remote, keys);
  return { repository, environment, clock, keys: { promoter: key('promoter') }, trustPath };
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
    const invalid = outsideValidity(known, new SystemClock().nowUs());
    if (invalid !== undefined) {
      throw new InputError(
        `${file}: the key ${invalid}, one in force is allowed: npm run trust -- rotate --role ${role}`,
      );
    }
    if (known.retired === undefined) return key;
    throw new InputError(`${file}: the key is retired (${known.retired.because}), one in force is allowed`);
  }
  const how = made ? 'was made just now, and is not trusted yet' : 'is not trusted';
  const fix = `whoever keeps ${trustPath} adds it with role "${role}"`;
  throw new InputError(`${file}: key ${key.keyId} ${how} for role "${role}"; ${fix}:\n${key.publicKeyPem.trimEnd()}`);
}
