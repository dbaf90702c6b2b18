/**
 * One line of evidence: a DSSE envelope around a statement, verified offline against the trust root.
 *
 * No transparency log, no certificate, no timestamp authority: one pinned P-256 key per role. The line must be written
 * exactly as we write it, so that no byte of it can change unnoticed, not even one that leaves the signature valid.
 */
import { createPublicKey } from 'node:crypto';
import { type Envelope, envelopeFromJSON, envelopeToJSON } from '@sigstore/bundle';
import { type TrustMaterial, toSignedEntity, Verifier } from '@sigstore/verify';
import { z } from 'zod';
import { sha256Of } from './digest.ts';
import type { Problem } from './problem.ts';
import { payloadType, type Statement, statement } from './statement.ts';
import { outsideValidity, roleFor, type TrustedKey, type TrustRoot } from './trust.ts';

export type VerifiedLine = { ok: true; statement: Statement; keyId: string } | { ok: false; problem: Problem };

/** The envelope as the one line that we write and accept. */
export function envelopeLine(envelope: Envelope): string {
  return JSON.stringify(envelopeToJSON(envelope));
}

/**
 * Checks form, signature, key, role and statement of one line. `subject` is its `file:line`.
 * @param signedUs when it was there at the latest, which the key's validity is held to; default: the statement's own word,
 * and nothing for a verdict, which has none
 */
export function verifyLine(line: string, subject: string, trust: TrustRoot, signedUs?: number): VerifiedLine {
  const refuse = (problem: string, actual: string, allowed: string): VerifiedLine => ({
    ok: false,
    problem: { subject, problem, actual, allowed },
  });

  let envelope: Envelope;
  try {
    envelope = envelopeFromJSON(JSON.parse(line));
  } catch (error) {
    return refuse('is not a DSSE envelope', (error as Error).message, 'one JSON envelope a line');
  }
  if (envelopeLine(envelope) !== line) {
    return refuse('is not written canonically', `${line.length} characters`, envelopeLine(envelope).slice(0, 80));
  }
  if (envelope.payloadType !== payloadType)
    return refuse('has another payload type', envelope.payloadType, payloadType);
  if (envelope.signatures.length !== 1) {
    return refuse('has another number of signatures', String(envelope.signatures.length), '1');
  }

  const keyId = (envelope.signatures[0] as { keyid: string }).keyid;
  const key = trust.keys.find((trusted) => trusted.keyId === keyId);
  if (key === undefined) {
    return refuse(
      'is signed by a key that is not trusted',
      keyId,
      trust.keys.map((trusted) => trusted.keyId).join(', '),
    );
  }
  if (!signatureHolds(envelope, key)) {
    return refuse('signature does not fit its content', 'signature verification failed', `a signature by ${keyId}`);
  }

  let json: unknown;
  try {
    json = JSON.parse(envelope.payload.toString('utf8'));
  } catch (error) {
    return refuse('payload is not JSON', (error as Error).message, 'an in-toto statement');
  }
  const parsed = statement.safeParse(json);
  if (!parsed.success) return refuse('is not a known statement', z.prettifyError(parsed.error), 'an in-toto statement');

  if (key.retired !== undefined && !key.retired.accepts.includes(sha256Of(line))) {
    return refuse(`is signed by a retired key (${key.retired.because})`, keyId, 'a line that it signed before');
  }
  const timeUs = signedUs ?? timeOf(parsed.data);
  if (timeUs !== undefined && key.retired === undefined) {
    const invalid = outsideValidity(key, timeUs);
    const at = new Date(timeUs / 1e3).toISOString();
    if (invalid !== undefined) {
      return refuse(`rests on a key that ${invalid}`, `${keyId} at ${at}`, 'a key in force: npm run trust -- rotate');
    }
  }
  const role = roleFor(parsed.data.predicateType);
  if (!key.roles.includes(role)) {
    return refuse(`is signed by a key without the role "${role}"`, key.roles.join(', '), role);
  }
  return { ok: true, statement: parsed.data, keyId };
}

/** When a statement says that it was made; undefined for those that do not say. */
export function timeOf({ predicate }: Statement): number | undefined {
  if ('timeUs' in predicate) return predicate.timeUs;
  return 'timeVerified' in predicate ? Date.parse(predicate.timeVerified) * 1000 : undefined;
}

/** One verifier a key, as long as its root is in use: reading a key from its text costs as much as a signature. */
const verifiers = new WeakMap<TrustedKey, Verifier>();

function verifierOf(key: TrustedKey): Verifier {
  const known = verifiers.get(key);
  if (known !== undefined) return known;
  const publicKey = createPublicKey(key.publicKeyPem);
  const trustMaterial: TrustMaterial = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: () => ({ publicKey, validFor: () => true }),
  };
  const verifier = new Verifier(trustMaterial, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  verifiers.set(key, verifier);
  return verifier;
}

function signatureHolds(envelope: Envelope, key: TrustedKey): boolean {
  const entity = toSignedEntity({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    content: { $case: 'dsseEnvelope', dsseEnvelope: envelope },
    verificationMaterial: {
      content: { $case: 'publicKey', publicKey: { hint: key.keyId } },
      tlogEntries: [],
      timestampVerificationData: undefined,
    },
  });
  try {
    verifierOf(key).verify(entity);
    return true;
  } catch {
    return false;
  }
}
