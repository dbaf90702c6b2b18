/** A proposal in words: for the pull request, for a dry run, and for whoever asks what is missing. */
import { standing } from '../../policies/ledger/standing.ts';
import { digest12 } from '../../runtime/evidence/digest.ts';
import { environmentPath } from '../../runtime/evidence/layout.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import { ledgerAt } from '../environment/record.ts';
import { environmentsAt } from './proposal.ts';
import { type Draft, diffOf, requiredGates } from './propose.ts';
import { type Asked, judgeApprovals, rulesAt } from './rules.ts';
import { type Soak, soakOf } from './soak.ts';

/** The whole effect of a proposal, without asking anybody. */
export interface Effect {
  readonly environment: string;
  readonly branch: string;
  readonly base: string;
  readonly slot: Draft['slot'];
  readonly before: Draft['before'];
  readonly changes: Draft['changes'];
  /** Gates that have to pass on this slot; verdicts of the others are carried over where they are there. */
  readonly gates: readonly string[];
  readonly soak: Soak | null;
  readonly approvals: readonly Asked[];
  /** Why automatic promotion is on hold, or null. */
  readonly held: string | null;
  /** What differs in each environment's folder; empty where nothing does. */
  readonly diffs: Readonly<Record<string, string>>;
  /** Files outside the environments, and how many bytes of them. */
  readonly files: readonly string[];
}

/** @param signed keys that signed the proposal and its approvals; none for one that nobody has made yet */
export async function effectOf(
  work: string,
  draft: Pick<Draft, 'slot' | 'base' | 'changes' | 'branch' | 'before' | 'head'>,
  signed: { readonly author?: string | undefined; readonly approvers?: readonly string[] },
  trust: TrustRoot,
  nowUs: number,
): Promise<Effect> {
  const { slot, base, changes, branch, before, head } = draft;
  const { environment } = slot;
  const rules = await rulesAt(work, base);
  const { entries } = await ledgerAt(work, base, trust.ledgerHead);
  const asked = rules.environments[environment]?.soak ?? null;
  const diffs: Record<string, string> = {};
  for (const name of await environmentsAt(work, head)) {
    diffs[name] = await diffOf(work, draft, [environmentPath(name), `:(exclude)${environmentPath(name)}/policy/*`]);
  }
  return {
    environment,
    branch,
    base,
    slot,
    before,
    changes,
    gates: requiredGates(changes),
    soak: asked === null || !changes.includes('policy') ? null : soakOf(entries, asked, slot.policy, nowUs),
    approvals: judgeApprovals(rules, environment, changes, signed.author, signed.approvers ?? []).asked,
    held: standing(entries, environment).held?.because ?? null,
    diffs,
    files: (await diffOf(work, draft, ['policies', 'runtime', 'charts'], '--stat=100')).split('\n').filter(Boolean),
  };
}

/** For a person who tries. */
export function effectLines(effect: Effect): string[] {
  const { environment, branch, slot, before, changes, gates, approvals, soak, held, diffs, files } = effect;
  return [
    `promote: would propose ${digest12(slot.policy)} for ${environment}, as branch ${branch}`,
    ...changes.map((part) => `  changes    ${part}: ${before[part] ?? 'nothing'} -> ${slot[part]}`),
    `  gates      ${gates.join(', ')}: have to pass on this slot`,
    `  soak       ${soakWords(soak)}`,
    ...approvals.map((asked) => `  approvals  ${approvalWords(asked)}`),
    ...(held === null ? [] : [`  on hold    ${held}`]),
    ...Object.entries(diffs).map(([name, diff]) =>
      diff === '' ? `${name}: nothing changes` : `${name}: what changes\n${diff}`,
    ),
    ...(files.length === 0 ? [] : ['other files:', ...files]),
  ];
}

/** Title and text of the pull request. */
export function pullRequestText(effect: Effect, because: string): { title: string; body: string } {
  const { environment, branch, slot, changes, diffs } = effect;
  const what = changes.includes('policy') ? `policy ${digest12(slot.policy)}` : changes.join(' and ');
  const body = [because, '', ...effectMarkdown(effect), '', ...howToApprove(branch), '', ...diffMarkdown(diffs)];
  return { title: `${environment}: ${what}`, body: body.join('\n') };
}

/** What changes and what it takes. */
export function effectMarkdown(effect: Effect): string[] {
  const { environment, slot, before, changes, gates, approvals, soak, held } = effect;
  const code = (text: string | null): string => (text === null ? 'nothing' : `\`${text.slice(0, 19)}\``);
  return [
    `| part of what ${environment} trades | now | proposed |`,
    '|---|---|---|',
    ...changes.map((part) => `| ${part} | ${code(before[part])} | ${code(slot[part])} |`),
    '',
    `- **Gates** that have to pass on exactly this: ${gates.join(', ')}`,
    `- **Soak**: ${soakWords(soak)}`,
    ...approvals.map((asked) => `- **Approvals**: ${approvalWords(asked)}`),
    ...(held === null ? [] : [`- **On hold**: ${held}`]),
  ];
}

export function howToApprove(branch: string): string[] {
  return [
    'A review here is not an approval. Who approves signs the whole slot:',
    '',
    `    npm run promote -- approve ${branch}`,
  ];
}

/** GitHub takes 65,536 characters of text; the whole diff is one click away. */
const DIFF_CHARACTERS_MAX = 40_000;

/** What differs in each environment's folder, folded away. */
export function diffMarkdown(diffs: Effect['diffs']): string[] {
  const changed = Object.entries(diffs).filter(([, diff]) => diff !== '');
  const same = Object.keys(diffs).filter((name) => diffs[name] === '');
  const most = Math.floor(DIFF_CHARACTERS_MAX / Math.max(1, changed.length));
  const folded = changed.flatMap(([name, diff]) => {
    const summary = `<summary>What changes in ${name}</summary>`;
    return ['<details>', summary, '', '````diff', shortened(diff, most), '````', '', '</details>'];
  });
  return same.length === 0 ? folded : [...folded, `Nothing changes in ${same.join(', ')}.`];
}

function shortened(diff: string, most: number): string {
  return diff.length <= most ? diff : `${diff.slice(0, most)}\n… ${diff.length - most} more characters`;
}

function soakWords(soak: Soak | null): string {
  if (soak === null) return 'none asked';
  return soak.leftHours > 0 ? soak.because : `met (${soak.hours.toFixed(1)} h)`;
}

function approvalWords({ part, approvals, from, given, candidates }: Asked): string {
  if (approvals === 0) return `${part}: none asked, the gates decide`;
  const who = candidates.length === 0 ? 'nobody else is in them' : candidates.join(', ');
  const have = given.length === 0 ? '' : `; given by ${given.join(', ')}`;
  return `${part}: ${approvals} of ${from.join(' or ')} (${who}), never the author${have}`;
}
