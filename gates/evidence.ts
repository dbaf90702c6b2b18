/** Verdict → statement → signed DSSE envelope, one line of a policy's evidence. */
import { sign } from 'node:crypto';
import { DSSEBundleBuilder } from '@sigstore/sign';
import { hexOf } from '../runtime/evidence/digest.ts';
import { envelopeLine } from '../runtime/evidence/envelope.ts';
import {
  payloadType,
  predicateTypes,
  type Statement,
  statement,
  statementType,
} from '../runtime/evidence/statement.ts';
import type { Verdict } from './gate.ts';
import type { SigningKey } from './keys.ts';

/** Signs a statement with a local key: no witness, no network. Throws on a statement that no verifier would read. */
export async function signStatement(unsigned: Statement, key: SigningKey): Promise<string> {
  const data = Buffer.from(JSON.stringify(statement.parse(unsigned)));
  const builder = new DSSEBundleBuilder({
    witnesses: [],
    signer: {
      sign: async (bytes) => ({
        signature: sign('sha256', bytes, key.privateKey),
        key: { $case: 'publicKey', publicKey: key.publicKeyPem, hint: key.keyId },
      }),
    },
  });
  const bundle = await builder.create({ data, type: payloadType });
  return envelopeLine(bundle.content.dsseEnvelope);
}

/** How a verdict's configuration names one of the digests it was reached on. */
export function inputUri(name: string): string {
  return `urn:emp:${name}`;
}

/** What a gate found about one policy, as an in-toto test result. */
export function verdictStatement(verdict: Verdict, policy: string): Statement {
  const passed = verdict.status === 'passed';
  return {
    _type: statementType,
    subject: [{ name: 'policy', digest: { sha256: hexOf(policy) } }],
    predicateType: predicateTypes.testResult,
    predicate: {
      result: passed ? 'PASSED' : 'FAILED',
      configuration: [
        { uri: 'gates/thresholds.ts' },
        ...Object.entries(verdict.inputs ?? {}).map(([name, digest]) => ({
          uri: inputUri(name),
          digest: { sha256: hexOf(digest) },
        })),
      ],
      passedTests: passed ? [verdict.gate] : [],
      failedTests: passed ? [] : [verdict.gate],
      verdict: {
        gate: verdict.gate,
        status: verdict.status,
        because: verdict.because,
        measured: finite(verdict.measured),
        thresholds: { ...verdict.thresholds },
        seconds: verdict.seconds,
      },
    },
  };
}

/** One signed line a verdict, in the order given. */
export async function signVerdicts(verdicts: readonly Verdict[], policy: string, key: SigningKey): Promise<string[]> {
  const lines: string[] = [];
  for (const verdict of verdicts) lines.push(await signStatement(verdictStatement(verdict, policy), key));
  return lines;
}

/** JSON has no NaN and no infinity: such a measurement is kept as its text instead of turning into null. */
function finite(measured: Verdict['measured']): Record<string, number | string> {
  const kept = Object.entries(measured).map(([name, value]) => [
    name,
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  ]);
  return Object.fromEntries(kept);
}
