/** The evidence file of a proposal while it grows: proposal, verdicts, provenance, approvals, and last the promotion. */
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import { type ProposalStatement, predicateTypes } from '../../runtime/evidence/statement.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import type { RequiredLine } from '../environment/statements.ts';

export interface ProposedEvidence {
  readonly lines: readonly string[];
  readonly proposal: { readonly statement: ProposalStatement; readonly author: string } | undefined;
  readonly verdicts: readonly string[];
  readonly provenance: string | undefined;
  /** Keys that signed an approval, in order. */
  readonly approvers: readonly string[];
  /** The promotion is signed: nothing may be added any more. */
  readonly sealed: boolean;
  /** All but approvals and promotion, as an approval or a promotion names them. */
  readonly inputs: readonly RequiredLine[];
  /** All but the promotion. */
  readonly required: readonly RequiredLine[];
  readonly problems: readonly Problem[];
}

/** Reads the lines, each under a key in force now; one that does not verify is a problem and counts for nothing. */
export function readEvidence(text: string, file: string, trust: TrustRoot, nowUs: number): ProposedEvidence {
  const lines = text.split('\n').filter((line) => line !== '');
  const problems: Problem[] = [];
  const verdicts: string[] = [];
  const approvers: string[] = [];
  const inputs: RequiredLine[] = [];
  const required: RequiredLine[] = [];
  let proposal: ProposedEvidence['proposal'];
  let provenance: string | undefined;
  let sealed = false;
  for (const [index, line] of lines.entries()) {
    const verified = verifyLine(line, `${file}:${index + 1}`, trust, nowUs);
    if (!verified.ok) {
      problems.push(verified.problem);
      continue;
    }
    const { statement, keyId } = verified;
    const { predicateType } = statement;
    const named = (name: string): RequiredLine => ({ line: sha256Of(line), predicateType, name });
    switch (statement.predicateType) {
      case predicateTypes.proposal:
        proposal = { statement, author: keyId };
        inputs.push(named('proposal'));
        required.push(named('proposal'));
        break;
      case predicateTypes.testResult:
        verdicts.push(line);
        inputs.push(named(statement.predicate.verdict.gate));
        required.push(named(statement.predicate.verdict.gate));
        break;
      case predicateTypes.provenance:
        provenance = line;
        inputs.push(named('provenance'));
        required.push(named('provenance'));
        break;
      case predicateTypes.approval:
        approvers.push(keyId);
        required.push(named('approval'));
        break;
      case predicateTypes.promotion:
        sealed = true;
        break;
    }
  }
  return { lines, proposal, verdicts, provenance, approvers, sealed, inputs, required, problems };
}

export function evidenceFile(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

/** Problems of lines, as one reason to refuse. */
export function unsound({ problems }: ProposedEvidence): string | undefined {
  return problems.length === 0 ? undefined : problems.map(problemLine).join('; ');
}
