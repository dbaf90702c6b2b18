/**
 * Whether what lies in a folder may trade in an environment: the one check that boot, sync and `verify` share.
 *
 * Reads only the folder and the trust root: no Git, no network, no clock. The ledger and the label are not read here;
 * they say which of several approved slots is the current one, and belong to whoever has the repository.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type PolicyManifest, type PolicyPointer, policyManifest, policyPointer, type Slot } from '../contract.ts';
import { sha256Of } from './digest.ts';
import { type Approval, checkApprovals, checkEvidence, checkInputs } from './evidence-file.ts';
import {
  approvedPath,
  configPath,
  environmentPath,
  evidencePath,
  limitsPath,
  pointerPath,
  policyFileNames,
} from './layout.ts';
import type { Problem } from './problem.ts';
import type { PromotionStatement } from './statement.ts';
import type { TrustRoot } from './trust.ts';

export interface ApprovedSlot {
  readonly ok: true;
  readonly slot: Slot;
  readonly manifest: PolicyManifest;
  readonly approvals: readonly Approval[];
  readonly promotion: PromotionStatement;
  /** Gates with a passed verdict, in the evidence's order. */
  readonly gates: readonly string[];
  /** sha256 of the evidence file, as the ledger records it. */
  readonly evidenceDigest: string;
  /** Parts that the caller could not say: only the approval's own word stands for them. */
  readonly unchecked: readonly ('image' | 'manifests')[];
}

/** The pointer says that nothing trades here: nothing needs approval. */
export interface EmptySlot {
  readonly ok: true;
  readonly slot: null;
}

export interface RefusedSlot {
  readonly ok: false;
  readonly problems: readonly Problem[];
}

/** Where the files of a slot are read from; paths are from the repository's root. */
export interface SlotFiles {
  /** The file's bytes, or why there are none, such as "absent". */
  read(file: string): Buffer | string;
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): readonly string[];
}

/** Digests that no file of a deployment gives, where the caller knows them. */
export interface Running {
  /** Of the image that runs. */
  readonly image?: string;
  /** Of the environment's rendered files, of which a deployment holds only a part. */
  readonly manifests?: string;
  /** When the evidence was there at the latest, as the ledger says, or now for what is about to be recorded. */
  readonly signedUs?: number;
  /** The present: evidence of the future is refused. */
  readonly nowUs?: number;
}

/** How far clocks of two machines may be apart. */
const CLOCKS_APART_US = 300e6;

export type SlotVerification = ApprovedSlot | EmptySlot | RefusedSlot;

/**
 * @param repositoryDir folder that holds `environments/<environment>/`, `policies/approved/` and `policies/evidence/`
 */
export function verifySlot(
  repositoryDir: string,
  environment: string,
  trust: TrustRoot,
  running: Running = {},
): SlotVerification {
  return verifySlotOf(folderFiles(repositoryDir), environment, trust, running);
}

/** Like `verifySlot`, on files that lie anywhere: in a folder, or in a commit. */
export function verifySlotOf(
  files: SlotFiles,
  environment: string,
  trust: TrustRoot,
  running: Running = {},
): SlotVerification {
  const problems: Problem[] = [];
  const read = (file: string): Buffer | undefined => {
    const found = files.read(file);
    if (Buffer.isBuffer(found)) return found;
    problems.push({ subject: file, problem: 'cannot be read', actual: found, allowed: 'a readable file' });
    return undefined;
  };

  const pointer = parsePointer(read(pointerPath(environment)), environment, problems);
  if (pointer === undefined) return { ok: false, problems };
  if (pointer.policy === null) return problems.length > 0 ? { ok: false, problems } : { ok: true, slot: null };

  const limits = read(limitsPath(environment));
  const config = read(configPath(environment));
  const manifest = checkPolicy(files, pointer.policy, pointer.image !== undefined, read, problems);
  const evidenceFile = evidencePath(environment, pointer.policy);
  const evidence = read(evidenceFile);
  if (evidence === undefined) return { ok: false, problems };

  const report = checkEvidence(evidence.toString('utf8'), evidenceFile, pointer.policy, trust, running.signedUs);
  problems.push(...report.problems);
  const signedUs = report.promotion?.predicate.timeUs;
  if (running.nowUs !== undefined && signedUs !== undefined && signedUs > running.nowUs + CLOCKS_APART_US) {
    const [actual, allowed] = [signedUs, running.nowUs].map((timeUs) => new Date(timeUs / 1e3).toISOString());
    problems.push({
      subject: evidenceFile,
      problem: 'is of the future',
      actual: `${actual}`,
      allowed: `up to ${allowed}`,
    });
  }
  if (report.promotion === undefined || limits === undefined || config === undefined) return { ok: false, problems };

  const promoted = report.promotion.predicate.slot;
  const actual: Slot = {
    environment,
    policy: pointer.policy,
    image: running.image ?? promoted.image,
    limits: sha256Of(limits),
    config: sha256Of(config),
    manifests: running.manifests ?? promoted.manifests,
  };
  problems.push(
    ...compareSlots(actual, promoted),
    ...checkApprovals(report, actual, evidenceFile),
    ...checkInputs(report, promoted, evidenceFile),
  );
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    slot: actual,
    manifest: manifest as PolicyManifest,
    approvals: report.approvals,
    promotion: report.promotion,
    gates: report.gates,
    evidenceDigest: sha256Of(evidence),
    unchecked: (['image', 'manifests'] as const).filter((name) => running[name] === undefined),
  };
}

/** Reads the pointer's text. Undefined, with the reason in `problems`, when it is malformed or points elsewhere. */
export function parsePointer(
  bytes: Buffer | undefined,
  environment: string,
  problems: Problem[],
): PolicyPointer | undefined {
  if (bytes === undefined) return undefined;
  const file = pointerPath(environment);
  let json: unknown;
  try {
    json = parse(bytes.toString('utf8'));
  } catch (error) {
    problems.push({
      subject: file,
      problem: 'is not YAML',
      actual: (error as Error).message,
      allowed: 'a policy pointer',
    });
    return undefined;
  }
  const parsed = policyPointer.safeParse(json);
  if (!parsed.success) {
    const actual = z.prettifyError(parsed.error);
    problems.push({ subject: file, problem: 'is not a policy pointer', actual, allowed: 'policy, path, evidence' });
    return undefined;
  }
  const { policy } = parsed.data;
  const expected = {
    path: policy === null ? null : approvedPath(policy),
    evidence: policy === null ? null : evidencePath(environment, policy),
  };
  for (const name of ['path', 'evidence'] as const) {
    if (parsed.data[name] !== expected[name]) {
      const [actual, allowed] = [String(parsed.data[name]), String(expected[name])];
      problems.push({ subject: file, problem: `${name} does not belong to its policy`, actual, allowed });
      return undefined;
    }
  }
  return parsed.data;
}

/** The files below a folder on disk. */
export function folderFiles(folder: string): SlotFiles {
  return {
    read(file) {
      try {
        return readFileSync(path.join(folder, file));
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : (error as Error).message;
      }
    },
    list(below) {
      const absolute = path.join(folder, below);
      return existsSync(absolute) ? readdirSync(absolute) : [];
    },
  };
}

/** @param elsewhere an image holds the models, and the folder may lack them: every boot holds what it reads to policy.json */
function checkPolicy(
  source: SlotFiles,
  policy: string,
  elsewhere: boolean,
  read: (file: string) => Buffer | undefined,
  problems: Problem[],
): PolicyManifest | undefined {
  const folder = approvedPath(policy);
  const listed = source.list(folder);
  const files = policyFileNames
    .filter((name) => !elsewhere || name === 'policy.json' || listed.includes(name))
    .map((name) => ({ name, file: `${folder}/${name}`, bytes: read(`${folder}/${name}`) }));
  for (const name of listed) {
    if (!(policyFileNames as readonly string[]).includes(name)) {
      problems.push({
        subject: `${folder}/${name}`,
        problem: 'is covered by no digest',
        actual: 'present',
        allowed: policyFileNames.join(', '),
      });
    }
  }
  const hold = (file: string, problem: string, actual: string, allowed: string): void => {
    if (actual !== allowed) problems.push({ subject: file, problem, actual, allowed });
  };

  const json = files[0];
  if (json?.bytes === undefined) return undefined;
  hold(json.file, 'digest differs from the one approved', sha256Of(json.bytes), policy);
  const manifest = parseManifest(json.bytes, json.file, problems);
  if (manifest === undefined) return undefined;
  for (const { name, file, bytes } of files) {
    if (name === 'policy.json' || bytes === undefined) continue;
    hold(file, 'digest differs from the one in policy.json', sha256Of(bytes), manifest.files[name]);
  }
  return manifest;
}

/** Reads a policy.json. Undefined, with the reason in `problems`, when it is malformed. */
export function parseManifest(bytes: Uint8Array, file: string, problems: Problem[]): PolicyManifest | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    problems.push({
      subject: file,
      problem: 'is not JSON',
      actual: (error as Error).message,
      allowed: 'emp/policy/v1',
    });
    return undefined;
  }
  const parsed = policyManifest.safeParse(json);
  if (parsed.success) return parsed.data;
  const actual = z.prettifyError(parsed.error);
  problems.push({ subject: file, problem: 'is not a policy manifest', actual, allowed: 'emp/policy/v1' });
  return undefined;
}

function compareSlots(actual: Slot, promoted: Slot): Problem[] {
  const subjects: Readonly<Record<keyof Slot, string>> = {
    environment: pointerPath(actual.environment),
    policy: pointerPath(actual.environment),
    image: 'image',
    limits: limitsPath(actual.environment),
    config: configPath(actual.environment),
    manifests: environmentPath(actual.environment),
  };
  return (Object.keys(subjects) as (keyof Slot)[])
    .filter((name) => actual[name] !== promoted[name])
    .map((name) => ({
      subject: subjects[name],
      problem: `${name} differs from the one promoted`,
      actual: actual[name],
      allowed: promoted[name],
    }));
}
