/** An evidence file as a whole: its lines hold, the promotion statement lists exactly them, and they are about one slot. */
import { type Slot, slotParts } from '../contract.ts';
import { hexOf, sha256Of } from './digest.ts';
import { timeOf, type VerifiedLine, verifyLine } from './envelope.ts';
import type { Problem } from './problem.ts';
import {
  type ApprovalStatement,
  approverUri,
  environmentUri,
  gateLevel,
  type PromotionStatement,
  predicateTypes,
  type Statement,
  type TestResultStatement,
} from './statement.ts';
import type { TrustRoot } from './trust.ts';

export interface EvidenceReport {
  readonly problems: readonly Problem[];
  /** Set when the last line is a sound promotion statement, whatever else is wrong. */
  readonly promotion: PromotionStatement | undefined;
  /** Each under a key of its own, in the evidence's order. */
  readonly approvals: readonly Approval[];
  /** Gates with a sound, passed verdict on this policy. */
  readonly gates: readonly string[];
  /** Digests that those verdicts name as what they were reached on, by gate. */
  readonly reachedOn: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface Approval {
  readonly statement: ApprovalStatement;
  /** Of the key that signed it. */
  readonly keyId: string;
}

/**
 * Checks the bytes of an evidence file for `policy`. `file` names it in problems.
 * @param signedUs when all of it was there; default: when its promotion says, which names every line
 */
export function checkEvidence(
  text: string,
  file: string,
  policy: string,
  trust: TrustRoot,
  signedUs?: number,
): EvidenceReport {
  const problems: Problem[] = [];
  const report = (subject: string, problem: string, actual: string, allowed: string): void => {
    problems.push({ subject, problem, actual, allowed });
  };

  if (!text.endsWith('\n')) report(file, 'does not end in a line feed', 'truncated', 'whole lines');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();

  const statements: (Statement | undefined)[] = [];
  const signers: (string | undefined)[] = [];
  for (const verified of verifyLines(lines, file, trust, signedUs)) {
    if (!verified.ok) problems.push(verified.problem);
    statements.push(verified.ok ? verified.statement : undefined);
    signers.push(verified.ok ? verified.keyId : undefined);
  }

  const last = statements.at(-1);
  const promotion = last?.predicateType === predicateTypes.promotion ? (last as PromotionStatement) : undefined;
  if (promotion === undefined) {
    const actual = last?.predicateType ?? (lines.length === 0 ? 'empty file' : 'a line that does not verify');
    report(
      `${file}:${lines.length}`,
      'the last line is not a sound promotion statement',
      actual,
      predicateTypes.promotion,
    );
  } else {
    checkRequired(lines.slice(0, -1), promotion, file, report);
  }

  const gates: string[] = [];
  const reachedOn = new Map<string, ReadonlyMap<string, string>>();
  const approvals: Approval[] = [];
  for (const [index, found] of statements.entries()) {
    if (found === undefined) continue;
    const subject = `${file}:${index + 1}`;
    if (found.predicateType === predicateTypes.rollback || found.predicateType === predicateTypes.label) {
      report(
        subject,
        'has no place in a policy’s evidence',
        found.predicateType,
        'verdicts, provenance, approval, promotion',
      );
      continue;
    }
    if (found.predicateType === predicateTypes.promotion && index !== statements.length - 1) {
      report(subject, 'is a second promotion statement', `line ${index + 1}`, `line ${statements.length}`);
      continue;
    }
    const policySubject = found.subject.find((artifact) => artifact.name === 'policy');
    if (policySubject === undefined || policySubject.digest.sha256 !== hexOf(policy)) {
      report(subject, 'is about another policy', `sha256:${policySubject?.digest.sha256 ?? 'none'}`, policy);
      continue;
    }
    if (found.predicateType === predicateTypes.testResult) {
      const { gate, status } = found.predicate.verdict;
      const passed = status === 'passed' && found.predicate.result === 'PASSED';
      if (passed) {
        gates.push(gate);
        reachedOn.set(gate, inputsOf(found));
      } else report(subject, `gate ${gate} did not pass`, `${status}: ${found.predicate.verdict.because}`, 'passed');
    } else if (found.predicateType === predicateTypes.approval) {
      const keyId = signers[index] as string;
      if (approvals.some((other) => other.keyId === keyId)) {
        report(subject, 'is a second approval of one key', keyId, 'one approval a key');
      }
      approvals.push({ statement: found, keyId });
    }
  }
  return { problems, promotion, approvals, gates, reachedOn };
}

/** Digests that a verdict names as what it was reached on, by name (`image`, `limits`, `config`, …). */
export function inputsOf({ predicate }: TestResultStatement): Map<string, string> {
  const named = predicate.configuration.flatMap(({ uri, digest }) =>
    digest === undefined ? [] : [[uri.replace(/^urn:emp:/, ''), `sha256:${digest.sha256}`] as const],
  );
  return new Map(named);
}

/** A verdict counts for the limits, configuration and code that it was reached on, and for no others. */
export function checkInputs(report: EvidenceReport, slot: Slot, file: string): Problem[] {
  const problems: Problem[] = [];
  for (const [gate, inputs] of report.reachedOn) {
    for (const part of slotParts) {
      const actual = inputs.get(part);
      if (actual === undefined || actual === slot[part]) continue;
      problems.push({ subject: file, problem: `gate ${gate} judged another ${part}`, actual, allowed: slot[part] });
    }
  }
  return problems;
}

type Report = (subject: string, problem: string, actual: string, allowed: string) => void;

/** Each line, under keys that were valid when all of them were there. The last is first, for it says when that was. */
function verifyLines(
  lines: readonly string[],
  file: string,
  trust: TrustRoot,
  signedUs: number | undefined,
): VerifiedLine[] {
  const last = lines.length - 1;
  if (last < 0) return [];
  const verify = (index: number, timeUs: number | undefined) =>
    verifyLine(lines[index] as string, `${file}:${index + 1}`, trust, timeUs);
  const sealing = verify(last, signedUs);
  const timeUs = signedUs ?? (sealing.ok ? timeOf(sealing.statement) : undefined);
  return lines.map((_, index) => (index === last ? sealing : verify(index, timeUs)));
}

/** Deleted, added, reordered and edited lines: what the promotion requires is compared with what is there, in order. */
function checkRequired(lines: readonly string[], promotion: PromotionStatement, file: string, report: Report): void {
  const required = promotion.predicate.requires;
  const present = lines.map((line) => sha256Of(line));
  for (const { line, name } of required) {
    if (!present.includes(line))
      report(file, `lacks the statement "${name}" that its promotion requires`, 'absent', line);
  }
  for (let index = 0; index < Math.max(required.length, present.length); index++) {
    const actual = present[index] ?? 'absent';
    const allowed = required[index]?.line ?? 'no line here';
    if (actual !== allowed) {
      report(`${file}:${index + 1}`, 'digest differs from what the promotion statement requires', actual, allowed);
    }
  }
}

/** There is an approval, and each covers exactly this slot, rests on the evidence beside it, and names only gates that passed. */
export function checkApprovals(report: EvidenceReport, slot: Slot, file: string): Problem[] {
  if (report.approvals.length === 0) {
    return [{ subject: file, problem: 'holds no sound approval', actual: 'none', allowed: predicateTypes.approval }];
  }
  return report.approvals.flatMap((approval) => checkApproval(approval, report, slot, file));
}

function checkApproval({ statement, keyId }: Approval, report: EvidenceReport, slot: Slot, file: string): Problem[] {
  const { promotion, gates } = report;
  const problems: Problem[] = [];
  const hold = (problem: string, actual: string, allowed: string): void => {
    if (actual !== allowed) problems.push({ subject: `${file} (approval)`, problem, actual, allowed });
  };
  hold('is for another environment', statement.predicate.resourceUri, environmentUri(slot.environment));
  hold('names another approver than its key', statement.predicate.verifier.id, approverUri(keyId));
  hold('was not given', statement.predicate.verificationResult, 'PASSED');
  for (const name of slotParts) {
    const artifacts = statement.subject.filter((artifact) => artifact.name === name);
    const actual = artifacts.map((artifact) => `sha256:${artifact.digest.sha256}`).join(', ');
    hold(`approves another ${name}`, actual, slot[name]);
  }
  hold('covers another number of artifacts', String(statement.subject.length), String(slotParts.length));
  const inputs = statement.predicate.inputAttestations.map((input) => `sha256:${input.digest.sha256}`).join(', ');
  const rests = promotion?.predicate.requires.filter((entry) => entry.predicateType !== predicateTypes.approval);
  if (rests !== undefined) {
    hold('rests on other statements than the promotion', inputs, rests.map((entry) => entry.line).join(', '));
  }
  const levels = statement.predicate.verifiedLevels;
  if (levels.length === 0) hold('names no gate', 'none', 'at least one gate');
  const proven = new Set(gates.map(gateLevel));
  for (const level of levels) {
    if (!proven.has(level)) hold(`names ${level} without a passed verdict`, 'no passed verdict', 'a passed verdict');
  }
  return problems;
}
