/** What a branch would change of what trades, and what is missing before it may: for whoever asks, and as a pull request's comment. */
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import type { EnvironmentRepository } from '../environment/repository.ts';
import { diffMarkdown, type Effect, effectMarkdown, effectOf, howToApprove } from './describe.ts';
import { affectedEnvironments, type Standing, standingOf } from './proposal.ts';

/** What a branch does to one environment. */
export interface EnvironmentStatus {
  readonly standing: Standing;
  readonly effect: Effect;
}

/** @param named environments to look at; undefined: all in which the branch would change what trades */
export async function statusOf(
  repository: EnvironmentRepository,
  branch: string,
  named: readonly string[] | undefined,
  trust: TrustRoot,
  nowUs: number,
): Promise<readonly EnvironmentStatus[]> {
  const { work } = repository;
  const found: EnvironmentStatus[] = [];
  for (const environment of named ?? (await affectedEnvironments(repository, branch, nowUs))) {
    const standing = await standingOf(repository, branch, environment, trust, nowUs);
    const { evidence, main: base, merged: head } = standing;
    const signed = { author: evidence.proposal?.author, approvers: evidence.approvers };
    found.push({ standing, effect: await effectOf(work, { ...standing, base, head }, signed, trust, nowUs) });
  }
  return found;
}

/** As Markdown: what changes, what it takes, what of that is missing; the diffs last, for they are the same for all. */
export function commentText(branch: string, found: readonly EnvironmentStatus[]): string {
  const [first] = found;
  if (first === undefined) return `**${branch}** changes nothing that trades.`;
  const parts = found.flatMap(({ standing, effect }) => [
    `**${branch}** for ${standing.environment}: ${standing.evidence.verdicts.length} verdicts.`,
    '',
    ...effectMarkdown(effect),
    '',
    ...missingMarkdown(standing),
    '',
  ]);
  return [...parts, ...howToApprove(branch), '', ...diffMarkdown(first.effect.diffs)].join('\n');
}

function missingMarkdown({ missing, evidence }: Standing): string[] {
  if (missing.length > 0) return ['Missing:', ...missing.map(({ reason, because }) => `- ${reason}: ${because}`)];
  return [evidence.sealed ? 'Nothing is missing: it may be merged.' : 'Nothing is missing: it may be sealed.'];
}

/** For programs: the same, one object an environment. */
export function statusJson({ standing, effect }: EnvironmentStatus): object {
  const { environment, slot, evidence, missing } = standing;
  return { environment, slot, sealed: evidence.sealed, missing, effect };
}
