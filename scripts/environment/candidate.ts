/** What a promotion is asked to promote: the candidate's files, and whether every gate let it pass. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gateCatalog } from '../../gates/catalog.ts';
import { judgedParts } from '../../gates/inputs.ts';
import type { PolicyManifest, Slot } from '../../runtime/contract.ts';
import { hexOf, sha256Of } from '../../runtime/evidence/digest.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import { inputsOf } from '../../runtime/evidence/evidence-file.ts';
import { policyFileNames } from '../../runtime/evidence/layout.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import { predicateTypes, type TestResultStatement } from '../../runtime/evidence/statement.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import { parseManifest } from '../../runtime/evidence/verify-slot.ts';
import type { RequiredLine } from './statements.ts';

export interface Refusal {
  readonly reason:
    | 'CANDIDATE_INVALID'
    | 'EVIDENCE_INVALID'
    | 'GATE_MISSING'
    | 'GATE_FAILED'
    | 'GATE_ERRORED'
    | 'GATE_OUTDATED'
    | 'ON_HOLD'
    | 'NEEDS_PEOPLE'
    | 'NOT_SOAKED'
    | 'NOTHING_CHANGES'
    | 'SUPERSEDED';
  /** One sentence for a person. */
  readonly because: string;
}

export interface CandidateFiles {
  /** Digest of policy.json. */
  readonly policy: string;
  readonly manifest: PolicyManifest;
  readonly files: ReadonlyMap<(typeof policyFileNames)[number], Buffer>;
}

/** Reads the candidate's files and holds them to its own manifest. */
export function readCandidate(directory: string): CandidateFiles | { readonly refusals: readonly Refusal[] } {
  const problems: Problem[] = [];
  const files = new Map<(typeof policyFileNames)[number], Buffer>();
  for (const name of policyFileNames) {
    const subject = path.join(directory, name);
    try {
      files.set(name, readFileSync(subject));
    } catch (error) {
      problems.push({ subject, problem: 'cannot be read', actual: (error as Error).message, allowed: 'a file' });
    }
  }
  const json = files.get('policy.json');
  const manifest = json === undefined ? undefined : parseManifest(json, path.join(directory, 'policy.json'), problems);
  for (const [name, bytes] of files) {
    if (manifest === undefined || name === 'policy.json') continue;
    const [actual, allowed] = [sha256Of(bytes), manifest.files[name]];
    const problem = 'digest differs from the one in policy.json';
    if (actual !== allowed) problems.push({ subject: path.join(directory, name), problem, actual, allowed });
  }
  if (json === undefined || manifest === undefined || problems.length > 0) {
    return { refusals: problems.map((found) => ({ reason: 'CANDIDATE_INVALID', because: problemLine(found) })) };
  }
  return { policy: sha256Of(json), manifest, files };
}

export type Judgement = { readonly passed: readonly RequiredLine[] } | { readonly refusals: readonly Refusal[] };

/**
 * Holds signed verdicts to the catalog: each gate exactly once, on this policy, in this slot, passed, under a trusted
 * gate key in force now. A gate that failed, one that errored, one that judged under other limits, configuration or code, and one
 * that never ran are different refusals.
 */
export function judge(signed: readonly string[], slot: Slot, trust: TrustRoot, nowUs: number): Judgement {
  const { policy } = slot;
  const refusals: Refusal[] = [];
  const passed = new Map<string, RequiredLine>();
  const seen = new Set<string>();
  for (const [index, line] of signed.entries()) {
    const subject = `verdict ${index + 1}`;
    const verified = verifyLine(line, subject, trust, nowUs);
    if (!verified.ok) {
      refusals.push({ reason: 'EVIDENCE_INVALID', because: problemLine(verified.problem) });
      continue;
    }
    const { statement } = verified;
    if (statement.predicateType !== predicateTypes.testResult) {
      refusals.push({ reason: 'EVIDENCE_INVALID', because: `${subject}: is no verdict (${statement.predicateType})` });
      continue;
    }
    const { gate, status, because } = statement.predicate.verdict;
    const about = statement.subject[0]?.digest.sha256;
    if (about !== hexOf(policy) || seen.has(gate)) {
      const wrong = seen.has(gate)
        ? 'is given twice'
        : `is about another policy (sha256:${about}), ${policy} is allowed`;
      refusals.push({ reason: 'EVIDENCE_INVALID', because: `${subject}: the verdict of ${gate} ${wrong}` });
    } else if (status === 'failed') {
      refusals.push({ reason: 'GATE_FAILED', because: `gate ${gate} failed: ${because}` });
    } else if (status === 'errored') {
      refusals.push({ reason: 'GATE_ERRORED', because: `gate ${gate} could not run: ${because}` });
    } else if (outdated(statement, slot) !== undefined) {
      refusals.push({ reason: 'GATE_OUTDATED', because: outdated(statement, slot) as string });
    } else {
      passed.set(gate, { line: sha256Of(line), predicateType: statement.predicateType, name: gate });
    }
    seen.add(gate);
  }
  for (const { name } of gateCatalog) {
    if (!seen.has(name)) refusals.push({ reason: 'GATE_MISSING', because: `gate ${name} gave no verdict` });
  }
  return refusals.length > 0 ? { refusals } : { passed: [...passed.values()] };
}

/** Why a verdict does not speak about this slot; undefined when it does. */
function outdated(statement: TestResultStatement, slot: Slot): string | undefined {
  const { gate } = statement.predicate.verdict;
  const row = gateCatalog.find(({ name }) => name === gate);
  if (row === undefined) return `gate ${gate} is not in the catalogue`;
  const inputs = inputsOf(statement);
  for (const part of judgedParts(row)) {
    if (part === 'policy' || inputs.get(part) === slot[part]) continue;
    return `gate ${gate} judged another ${part} (${inputs.get(part) ?? 'it names none'}), ${slot[part]} is allowed`;
  }
  return undefined;
}
