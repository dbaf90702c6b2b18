/**
 * Verdicts that need not be reached again: one signed statement a file, named by the digest of all it follows from. What
 * is found is verified like any evidence, so that a file changed by hand is no verdict.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hexOf } from '../runtime/evidence/digest.ts';
import { verifyLine } from '../runtime/evidence/envelope.ts';
import { predicateTypes } from '../runtime/evidence/statement.ts';
import type { TrustRoot } from '../runtime/evidence/trust.ts';
import { inputUri, signStatement, verdictStatement } from './evidence.ts';
import type { Verdict } from './gate.ts';
import type { SigningKey } from './keys.ts';

export interface VerdictCache {
  /** The verdict of these inputs, if it was kept and holds. */
  find(gate: Verdict['gate'], policy: string, inputs: string): Verdict | undefined;
  /** Keeps a verdict; one that errored says nothing and is not kept. */
  keep(verdict: Verdict, policy: string): Promise<void>;
}

/** @param key signs what is kept; only what a gate key of `trust` signed is found again */
export function verdictCache(folder: string, key: SigningKey, trust: TrustRoot): VerdictCache {
  const fileOf = (inputs: string) => path.join(folder, `${hexOf(inputs)}.intoto.jsonl`);
  return {
    find(gate, policy, inputs) {
      let line: string;
      try {
        line = readFileSync(fileOf(inputs), 'utf8').trimEnd();
      } catch {
        return undefined;
      }
      const verified = verifyLine(line, fileOf(inputs), trust);
      if (!verified.ok || verified.statement.predicateType !== predicateTypes.testResult) return undefined;
      const { subject, predicate } = verified.statement;
      const { verdict, configuration } = predicate;
      const digestOf = (name: string) => configuration.find(({ uri }) => uri === inputUri(name))?.digest?.sha256;
      if (verdict.gate !== gate || subject[0]?.digest.sha256 !== hexOf(policy)) return undefined;
      if (digestOf('inputs') !== hexOf(inputs) || verdict.status === 'errored') return undefined;
      return { ...verdict, gate, inputs: { inputs } };
    },
    async keep(verdict, policy) {
      const inputs = verdict.inputs?.['inputs'];
      if (verdict.status === 'errored' || inputs === undefined) return;
      const line = await signStatement(verdictStatement(verdict, policy), key);
      mkdirSync(folder, { recursive: true });
      const made = `${fileOf(inputs)}.${process.pid}.new`;
      writeFileSync(made, `${line}\n`);
      renameSync(made, fileOf(inputs));
    },
  };
}
