import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sha256Of } from '../runtime/evidence/digest.ts';
import { verifyLine } from '../runtime/evidence/envelope.ts';
import type { Role, TrustRoot } from '../runtime/evidence/trust.ts';
import { signVerdicts } from './evidence.ts';
import type { Verdict } from './gate.ts';
import { type SigningKey, signingKey } from './keys.ts';

const policy = sha256Of('policy');

function keyFor(t: ExecutionContext, role: Role): SigningKey {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-keys-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return signingKey(folder, role);
}

const trusting = (key: SigningKey, role: Role): TrustRoot => ({
  schema: 'emp/trust/v1',
  keys: [{ keyId: key.keyId, publicKeyPem: key.publicKeyPem, roles: [role] }],
  ledgerHead: null,
});

const verdict: Verdict = {
  gate: 'edge',
  status: 'passed',
  because: 'edge 0.4 ticks, at least 0.1 is needed',
  measured: { edgeTicks: 0.4, slices: 12, worst: Number.NEGATIVE_INFINITY },
  thresholds: { edgeTicksMin: 0.1 },
  seconds: 1.5,
};

async function signedAndRead(t: ExecutionContext, change: Partial<Verdict> = {}) {
  const key = keyFor(t, 'gate');
  const [line] = await signVerdicts([{ ...verdict, ...change }], policy, key);
  const verified = verifyLine(line as string, 'line', trusting(key, 'gate'));
  if (!verified.ok) throw new Error(JSON.stringify(verified.problem));
  if (!('verdict' in verified.statement.predicate)) throw new Error('no verdict');
  return { line: line as string, key, statement: verified.statement, predicate: verified.statement.predicate };
}

test('a verdict comes back as it was signed; what JSON cannot hold is kept as text', async (t) => {
  const { predicate, statement } = await signedAndRead(t);
  t.is(predicate.result, 'PASSED');
  t.deepEqual(predicate.passedTests, ['edge']);
  t.deepEqual(predicate.verdict, { ...verdict, measured: { edgeTicks: 0.4, slices: 12, worst: '-Infinity' } });
  t.deepEqual(statement.subject, [{ name: 'policy', digest: { sha256: policy.slice(7) } }]);
});

for (const status of ['failed', 'errored'] as const) {
  test(`a gate that ${status} is FAILED to strangers and ${status} to us`, async (t) => {
    const { predicate } = await signedAndRead(t, { status });
    t.is(predicate.result, 'FAILED');
    t.is(predicate.verdict.status, status);
    t.deepEqual(predicate.failedTests, ['edge']);
  });
}

test('the envelope is DSSE: one line, in-toto payload, one signature', async (t) => {
  const { line, key } = await signedAndRead(t);
  t.false(line.includes('\n'));
  const envelope = JSON.parse(line) as { payloadType: string; signatures: { keyid: string }[] };
  t.is(envelope.payloadType, 'application/vnd.in-toto+json');
  t.deepEqual(
    envelope.signatures.map(({ keyid }) => keyid),
    [key.keyId],
  );
});

test('refused: another key, another role, another signature', async (t) => {
  const { line, key } = await signedAndRead(t);
  const problemWith = (text: string, trust: TrustRoot): string => {
    const verified = verifyLine(text, 'evidence:1', trust);
    return verified.ok ? 'sound' : `${verified.problem.subject} ${verified.problem.problem}`;
  };
  const stranger = keyFor(t, 'gate');
  t.is(problemWith(line, trusting(stranger, 'gate')), 'evidence:1 is signed by a key that is not trusted');
  t.is(problemWith(line, trusting(key, 'approver')), 'evidence:1 is signed by a key without the role "gate"');
  const [other] = await signVerdicts([{ ...verdict, because: 'another' }], policy, key);
  const envelope = JSON.parse(line) as { signatures: unknown };
  const spliced = JSON.stringify({
    ...envelope,
    signatures: (JSON.parse(other as string) as typeof envelope).signatures,
  });
  t.is(problemWith(spliced, trusting(key, 'gate')), 'evidence:1 signature does not fit its content');
  const lying = { ...trusting(stranger, 'gate').keys[0], keyId: key.keyId } as TrustRoot['keys'][number];
  t.is(problemWith(line, { ...trusting(key, 'gate'), keys: [lying] }), 'evidence:1 signature does not fit its content');
});
