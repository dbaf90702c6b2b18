/**
 * Keys come and go: another one is trusted beside the first, one is retired and counts for what it signed before, one was
 * stolen and counts for nothing. What a key signed before is what the repository holds now, each line by its digest.
 */
import { type Envelope, envelopeFromJSON } from '@sigstore/bundle';
import { InputError } from '../../runtime/boot/documents.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { keyIdOf, type Role, type TrustedKey, type TrustRoot } from '../../runtime/evidence/trust.ts';
import { labelRefs } from './label.ts';
import { type EnvironmentRepository, fetchHead, fetchRefs, remoteRefs } from './repository.ts';
import { filesAt, readObjects } from './tree.ts';

/** The root with one more key. @throws InputError when it has it, or when it is no P-256 public key */
export function withKey(
  trust: TrustRoot,
  publicKeyPem: string,
  roles: readonly Role[],
  validity: Pick<TrustedKey, 'notBefore' | 'notAfter'> = {},
): TrustRoot {
  const keyId = keyIdOf(publicKeyPem);
  if (trust.keys.some((key) => key.keyId === keyId)) {
    throw new InputError(`key ${keyId}: is in the trust root already, a key that is not is allowed`);
  }
  return { ...trust, keys: [...trust.keys, { keyId, publicKeyPem, roles: [...roles], ...validity }] };
}

/** The root in which a key is retired, accepted on `accepts` and nothing else. @throws InputError when it would leave a role to nobody */
export function withRetired(trust: TrustRoot, keyId: string, retired: NonNullable<TrustedKey['retired']>): TrustRoot {
  const key = keyOf(trust, keyId);
  const left = trust.keys.filter((other) => other !== key && other.retired === undefined);
  const orphan = key.roles.find((role) => !left.some((other) => other.roles.includes(role)));
  if (orphan !== undefined) {
    throw new InputError(`key ${key.keyId}: is the last one with the role "${orphan}"; add another first`);
  }
  return { ...trust, keys: trust.keys.map((other) => (other === key ? { ...key, retired } : other)) };
}

/** A key by its id, or by the beginning of it. @throws InputError when none or several are meant */
export function keyOf(trust: TrustRoot, keyId: string): TrustedKey {
  const wanted = keyId.replace(/^sha256:/, '');
  const found = trust.keys.filter((key) => wanted.length >= 8 && key.keyId.startsWith(`sha256:${wanted}`));
  const [key] = found;
  if (key !== undefined && found.length === 1) return key;
  const known = trust.keys.map((one) => one.keyId).join(', ');
  throw new InputError(`key ${keyId}: names ${found.length} keys of the trust root, one of these is allowed: ${known}`);
}

/** Digests of all lines in the repository that name this key as their signer: evidence, rollbacks, and labels. */
export async function linesSignedBy(repository: EnvironmentRepository, keyId: string): Promise<string[]> {
  const { work } = repository;
  const head = await fetchHead(repository);
  const files = await filesAt(work, head, ['policies/evidence']);
  const labels = await remoteRefs(repository, labelRefs);
  await fetchRefs(repository, labels);
  const tags = labels.size === 0 ? [] : await readObjects(work, [...labels.values()]);
  const texts = [...files.values(), ...tags.flatMap((tag) => (tag?.type === 'tag' ? [tag.bytes] : []))];
  const lines = texts.flatMap((bytes) => bytes.toString('utf8').split('\n')).filter((line) => signerOf(line) === keyId);
  return [...new Set(lines.map((line) => sha256Of(line)))].sort();
}

function signerOf(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  let envelope: Envelope;
  try {
    envelope = envelopeFromJSON(JSON.parse(line));
  } catch {
    return undefined;
  }
  return envelope.signatures[0]?.keyid;
}
