/**
 * The trust root: which keys may say what, and the newest ledger entry seen. It lies outside the repository, because a
 * repository cannot show about itself that its history was rewritten or its keys were swapped.
 */

import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { InputError } from '../boot/documents.ts';
import { digest } from '../contract.ts';
import { predicateTypes, type Statement } from './statement.ts';

export const role = z.enum(['gate', 'approver', 'promoter', 'author']);
export type Role = z.infer<typeof role>;

export const ledgerHead = z.strictObject({ seq: z.int().nonnegative(), hash: digest });
export type LedgerHead = z.infer<typeof ledgerHead>;

/**
 * A signature says nothing about when it was made, and a stolen key can claim any time. So a key that is retired is
 * accepted on the very lines it had signed by then, by their digests; one that was stolen, on none. A validity only sets
 * the date by which a key has to be replaced: it is held against the time of what rests on the key (`runtime/evidence/README.md`).
 */
const trustedKey = z.strictObject({
  keyId: digest,
  publicKeyPem: z.string(),
  roles: z.array(role).min(1),
  notBefore: z.iso.datetime().optional().describe('the key counts from then on; absent: always'),
  notAfter: z.iso.datetime().optional().describe('and until then; absent: for good'),
  retired: z
    .strictObject({
      because: z.string().min(1),
      accepts: z.array(digest).describe('sha256 of each line that it signed before and that still counts'),
    })
    .optional(),
});
export type TrustedKey = z.infer<typeof trustedKey>;

export const trustRoot = z.strictObject({
  schema: z.literal('emp/trust/v1'),
  keys: z.array(trustedKey).min(1).describe('P-256 public keys; keyId is sha256 of the key in SPKI DER form'),
  ledgerHead: ledgerHead.nullable().describe('newest ledger entry seen; a ledger that lacks it was rewritten'),
});
export type TrustRoot = z.infer<typeof trustRoot>;

const roleOf: Readonly<Record<Statement['predicateType'], Role>> = {
  [predicateTypes.testResult]: 'gate',
  [predicateTypes.provenance]: 'gate',
  [predicateTypes.approval]: 'approver',
  [predicateTypes.proposal]: 'author',
  [predicateTypes.promotion]: 'promoter',
  [predicateTypes.rollback]: 'promoter',
  [predicateTypes.label]: 'promoter',
};

/** The role a key must have to sign this kind of statement. */
export function roleFor(predicateType: Statement['predicateType']): Role {
  return roleOf[predicateType];
}

/** What is wrong with using a key at a time; undefined when it is valid then. */
export function outsideValidity({ notBefore, notAfter }: TrustedKey, timeUs: number): string | undefined {
  const us = (date: string) => Date.parse(date) * 1000;
  if (notBefore !== undefined && timeUs < us(notBefore)) return `is valid from ${notBefore} only`;
  if (notAfter !== undefined && timeUs > us(notAfter)) return `expired at ${notAfter}`;
  return undefined;
}

/** sha256 of the public key's SPKI DER form. Throws when the PEM text is not a P-256 public key. */
export function keyIdOf(publicKeyPem: string): string {
  const key = createPublicKey(publicKeyPem);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    const actual = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType;
    throw new InputError(`public key: wrong kind (${actual}), only P-256 (prime256v1) is allowed`);
  }
  return `sha256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`;
}

/** Parses and checks a trust root. `subject` names it in errors. */
export function parseTrust(text: string, subject: string): TrustRoot {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${subject}: not JSON, a trust root (emp/trust/v1) is allowed`, { cause });
  }
  const parsed = trustRoot.safeParse(json);
  if (!parsed.success) throw new InputError(`${subject}: not a trust root\n${z.prettifyError(parsed.error)}`);
  for (const key of parsed.data.keys) {
    const actual = keyIdOf(key.publicKeyPem);
    if (actual !== key.keyId) {
      throw new InputError(`${subject}: keyId does not belong to its public key (${key.keyId}), ${actual} is allowed`);
    }
  }
  return parsed.data;
}

/** Reads a trust root. Throws with the path when it is absent or malformed. */
export function loadTrust(file: string): TrustRoot {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`${file}: trust root cannot be read`, { cause });
  }
  return parseTrust(text, file);
}
