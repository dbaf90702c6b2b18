/** Private P-256 keys on this machine: one file a role, made on first use, readable by its owner only. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyIdOf, type Role } from '../runtime/evidence/trust.ts';

export interface SigningKey {
  readonly keyId: string;
  readonly publicKeyPem: string;
  readonly privateKey: KeyObject;
}

/** Reads `<folder>/<role>.pem`, or makes it. Two processes that make it at once end up with the same key. */
export function signingKey(folder: string, role: Role): SigningKey {
  const file = path.join(folder, `${role}.pem`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = readKey(file);
  if (found !== undefined) return found;

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const made = `${file}.${process.pid}.new`;
  writeFileSync(made, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  try {
    // A link fails when the file exists: whoever links first wins, and nobody ever sees half a key.
    linkSync(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(made, { force: true });
  }
  return readKey(file) as SigningKey;
}

function readKey(file: string): SigningKey | undefined {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file}: signing key cannot be read`, { cause: error });
  }
  const { mode: bits, uid } = statSync(file);
  const mode = bits & 0o777;
  // A mounted Secret belongs to root and is readable by the pod's group, which is the pod alone.
  const others = uid === process.getuid?.() ? 0o077 : 0o007;
  if (process.platform !== 'win32' && (mode & others) !== 0) {
    throw new Error(
      `${file}: readable by others (mode ${mode.toString(8)}), at most 600 is allowed: chmod 600 ${file}`,
    );
  }
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`${file}: not a private key, a P-256 key in PEM form is allowed`, { cause });
  }
  const publicKeyPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
  return { keyId: keyIdOf(publicKeyPem), publicKeyPem, privateKey };
}
