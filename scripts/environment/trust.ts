/** Keys and trust root of the `local` environment: made on first use in the state folder, pinned from then on. */

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type SigningKey, signingKey } from '../../gates/keys.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import { SystemClock } from '../../runtime/clock.ts';
import {
  type LedgerHead,
  loadTrust,
  outsideValidity,
  type Role,
  role,
  type TrustRoot,
} from '../../runtime/evidence/trust.ts';
import { pinnedPathOf } from './trust-root.ts';

/** Keys of what signs by itself; people's keys, authors' and approvers', are their own. */
export type Keys = Readonly<Record<Exclude<Role, 'author'>, SigningKey>>;

export interface LocalTrust {
  readonly keys: Keys;
  /** File of the trust root that is used. */
  readonly trustPath: string;
}

/** The trust root's file: what `EMP_TRUST` names, else the pinned one, else `trust.json` in the state folder. */
export function trustPathOf(state: string): string {
  const named = process.env['EMP_TRUST'];
  if (named !== undefined) return named;
  const pinned = pinnedPathOf(state);
  return existsSync(pinned) ? pinned : path.join(state, 'trust.json');
}

/**
 * Keys and trust root under `state`. Made together before there is anything to trust; afterwards a missing root or a
 * key that the root does not name is an error, because a new root would trust whatever it finds.
 */
export function localTrust(state: string, nowUs = new SystemClock().nowUs()): LocalTrust {
  const trustPath = trustPathOf(state);
  const first = !existsSync(trustPath);
  if (first && existsSync(path.join(state, 'environment.git'))) {
    throw new InputError(
      `${trustPath}: trust root is missing although ${state} holds an environment; restore the file, or start anew with \`npm run reset\``,
    );
  }
  const folder = path.join(state, 'keys');
  if (!first) holdToRoot(state, folder, trustPath);
  const keys: Keys = {
    gate: signingKey(folder, 'gate'),
    approver: signingKey(folder, 'approver'),
    promoter: signingKey(folder, 'promoter'),
  };
  if (first) writeTrust(trustPath, rootOf(keys));
  const trust = loadTrust(trustPath);
  for (const [role, key] of Object.entries(keys) as [Role, SigningKey][]) {
    const known = trust.keys.find((trusted) => trusted.keyId === key.keyId && trusted.roles.includes(role));
    if (known === undefined) {
      throw new InputError(`${trustPath}: does not trust the key of role ${role} in ${folder} (${key.keyId})`);
    }
    const invalid = outsideValidity(known, nowUs);
    if (invalid !== undefined) {
      const file = path.join(folder, `${role}.pem`);
      throw new InputError(
        `${file}: the key ${invalid}, one in force is allowed: npm run trust -- rotate --role ${role}`,
      );
    }
  }
  return { keys, trustPath };
}

/** What a trust root was made with, or has seen, cannot be made again. @throws InputError naming what is missing */
function holdToRoot(state: string, keys: string, trustPath: string): void {
  const anew = 'start anew with `npm run reset`';
  for (const name of role.options) {
    if (name === 'author') continue;
    const file = path.join(keys, `${name}.pem`);
    if (existsSync(file)) continue;
    throw new InputError(`${file}: signing key is missing although ${trustPath} is there; restore it, or ${anew}`);
  }
  const repository = path.join(state, 'environment.git');
  const seen = loadTrust(trustPath).ledgerHead;
  if (seen === null || existsSync(repository)) return;
  throw new InputError(
    `${repository}: is missing although ${trustPath} has seen ${seen.seq} entries of its ledger; restore it, or ${anew}`,
  );
}

/**
 * Moves the remembered ledger head forward. An older head is ignored: what was seen stays seen.
 * @returns whether the root knows this head now; false where the root cannot be written, as in a cluster's ConfigMap
 */
export function rememberLedgerHead(trustPath: string, head: LedgerHead | null): boolean {
  const trust = loadTrust(trustPath);
  if (head === null || (trust.ledgerHead !== null && trust.ledgerHead.seq >= head.seq)) return true;
  try {
    writeTrust(trustPath, { ...trust, ledgerHead: head });
    return true;
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

function rootOf(keys: Keys): TrustRoot {
  const roles = Object.entries(keys) as [Role, SigningKey][];
  return {
    schema: 'emp/trust/v1',
    keys: roles.map(([role, { keyId, publicKeyPem }]) => ({ keyId, publicKeyPem, roles: [role] })),
    ledgerHead: null,
  };
}

/** Writes a trust root, whole or not at all. */
export function writeTrust(file: string, trust: TrustRoot): void {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  const made = `${file}.${process.pid}.new`;
  writeFileSync(made, `${JSON.stringify(trust, null, 2)}\n`, { mode: 0o600 });
  renameSync(made, file);
}
