/**
 * What the `local` environment should run now, laid out as plain files: the environment's slot at one commit, checked.
 *
 * Starting and stopping processes is not done here.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Slot } from '../../runtime/contract.ts';
import { approvedPath, configPath, limitsPath } from '../../runtime/evidence/layout.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { verifySlot } from '../../runtime/evidence/verify-slot.ts';
import { disarmedBecause } from '../break-glass/record.ts';
import { git } from './git.ts';
import { existingEnvironment } from './product.ts';
import { slotPaths } from './slot.ts';
import { exportAt } from './tree.ts';
import { trustPathOf } from './trust.ts';
import { verifyEnvironment } from './verify.ts';

export type DesiredRuntime =
  | {
      readonly ok: true;
      /** null: nothing trades here. */
      readonly slot: Slot | null;
      /** Folder with environments/ and policies/ as they are at the commit. */
      readonly directory: string;
      /** Folder of the policy's files; null when nothing trades. */
      readonly policyDir: string | null;
      readonly limitsPath: string;
      readonly configPath: string;
      /** Commit that brought the slot. */
      readonly commit: string;
      readonly tag: string | null;
    }
  | { readonly ok: false; readonly commit: string; readonly problems: readonly Problem[] };

/** Verifies the environment under `state` and lays its slot out in `<state>/deploy/<commit12>/`. */
export async function desiredRuntime(state: string, environment = 'local'): Promise<DesiredRuntime> {
  const repository = await existingEnvironment(state);
  const trustPath = trustPathOf(state);
  const report = await verifyEnvironment(repository, environment, trustPath);
  const disarmed = disarmedBecause(state);
  if (disarmed !== undefined) {
    const allowed = 'npm run break-glass -- reconcile, which tells the repository of it';
    const problem = { subject: environment, problem: 'was disarmed with the glass broken', actual: disarmed, allowed };
    return { ok: false, commit: report.head, problems: [problem] };
  }
  if (!report.ok) return { ok: false, commit: report.head, problems: report.problems };

  const folders = slotPaths(environment, report.slot?.policy ?? null);
  const commit = await git(repository.work, ['log', '-1', '--format=%H', report.head, '--', ...folders, 'runtime']);
  const directory = path.join(state, 'deploy', commit.slice(0, 12));
  if (!existsSync(directory)) {
    const made = `${directory}.${process.pid}.new`;
    mkdirSync(made, { recursive: true });
    try {
      await exportAt(repository.work, commit, folders, made);
      if (!existsSync(directory)) renameSync(made, directory);
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  }
  // What was laid out earlier may have been changed since: it is what the runtime will read, so it is what is checked.
  const running = report.slot === null ? {} : { image: report.slot.image, manifests: report.slot.manifests };
  const deployed = verifySlot(directory, environment, loadTrust(trustPath), running);
  if (!deployed.ok) {
    const problems = deployed.problems.map((problem) => ({
      ...problem,
      subject: path.join(directory, problem.subject),
      allowed: `${problem.allowed}; remove ${directory}, and it is laid out again`,
    }));
    return { ok: false, commit, problems };
  }
  return {
    ok: true,
    slot: deployed.slot,
    directory,
    policyDir: deployed.slot === null ? null : path.join(directory, approvedPath(deployed.slot.policy)),
    limitsPath: path.join(directory, limitsPath(environment)),
    configPath: path.join(directory, configPath(environment)),
    commit,
    tag: report.tag,
  };
}

/** Like `desiredRuntime`, for callers that have nothing else to run: throws with every problem, one a line. */
export async function requireRuntime(
  state: string,
  environment = 'local',
): Promise<DesiredRuntime & { readonly ok: true }> {
  const desired = await desiredRuntime(state, environment);
  if (desired.ok) return desired;
  const at = `${environment} at commit ${desired.commit.slice(0, 12)}`;
  throw new Error(`${at} is not what was approved:\n${desired.problems.map(problemLine).join('\n')}`);
}
