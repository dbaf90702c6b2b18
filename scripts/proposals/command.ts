/** What `npm run promote` does with a team's repository: one action on one proposal. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { SigningKey } from '../../gates/keys.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { imageReference } from '../../runtime/contract.ts';
import { keyIdOf, loadTrust, type TrustRoot } from '../../runtime/evidence/trust.ts';
import type { Refusal } from '../environment/candidate.ts';
import { print, printJson } from '../environment/cli.ts';
import { type Keys, trustPathOf } from '../environment/trust.ts';
import { claimStateFolder } from '../state/state-folder.ts';
import { type AdvanceOutcome, approve, attest, seal } from './advance.ts';
import { effectLines, effectOf, pullRequestText } from './describe.ts';
import {
  checkAccess,
  comment,
  type GitHub,
  gitHub,
  type MergedPullRequest,
  mergePullRequest,
  openPullRequest,
  pullRequestOf,
} from './github.ts';
import { merge } from './merge.ts';
import { type AutomationPlace, automationAt, originOf, teamRepository } from './place.ts';
import { standingOf } from './proposal.ts';
import { draftOf, type ProposeOptions, propose, type Wanted } from './propose.ts';
import { commentText, statusJson, statusOf } from './status.ts';

export const actions = ['propose', 'attest', 'approve', 'seal', 'merge', 'status'] as const;
export type Action = (typeof actions)[number];

export interface TeamOptions {
  readonly state: string;
  readonly environment: string;
  /** Whether somebody said which, or it is the default. */
  readonly environmentNamed?: boolean;
  readonly json?: boolean;
  readonly remote?: string;
  readonly keys?: string;
  readonly github?: string;
  readonly policy?: string;
  readonly policyImage?: string;
  readonly limits?: string;
  readonly config?: string;
  readonly from?: string;
  readonly evidence?: string;
  readonly because: string;
  readonly dryRun?: boolean;
}

interface Place extends AutomationPlace {
  readonly environment: string;
  readonly clock: SystemClock;
}

/** @returns 0 done, 1 refused */
export async function teamAction(
  action: Action,
  branch: string | undefined,
  options: TeamOptions,
  checkout: string,
): Promise<number> {
  if (options.dryRun === true) return dryRun(options, checkout);
  const remote = options.remote ?? (await originOf(checkout));
  const place: Place = {
    ...(await automationAt(options.state, remote, options.keys)),
    environment: (branch === undefined ? undefined : environmentOf(branch)) ?? options.environment,
    clock: new SystemClock(),
  };
  if (action === 'propose') return proposeAction(place, options);
  if (branch === undefined)
    throw new InputError(`promote ${action}: lacks the proposal's branch, such as promote/paper/1a2b3c4d5e6f`);
  switch (action) {
    case 'attest':
      return advanced(action, await attestAction(place, branch, options), branch, options);
    case 'approve': {
      return advanced(action, await approve({ ...place, branch, approver: place.key('approver') }), branch, options);
    }
    case 'seal':
      return advanced(action, await seal({ ...place, branch, keys: automation(place) }), branch, options);
    case 'status':
      return statusAction(place, branch, options);
    case 'merge':
      return mergeAction(place, branch, options);
  }
}

/** `promote/<environment>/…` names its environment. */
function environmentOf(branch: string): string | undefined {
  return /^promote\/([a-z][a-z0-9-]*)\//.exec(branch)?.[1];
}

/** Keys that sign by themselves: CI's, not a person's. */
function automation({ key }: Place): Keys {
  return { gate: key('gate'), approver: key('approver'), promoter: key('promoter') };
}

async function proposeAction(place: Place, options: TeamOptions): Promise<number> {
  const trust = loadTrust(place.trustPath);
  const author = place.key('author');
  const hub = await hubOf(options);
  const asked: ProposeOptions = { ...place, wanted: wantedOf(options), author, because: options.because, trust };
  const outcome = await propose(asked);
  if (outcome.outcome === 'refused') return refused('propose', outcome.refusals, options);
  const { branch } = outcome;
  const effect = await effectOf(place.repository.work, outcome, { author: author.keyId }, trust, place.clock.nowUs());
  const text = pullRequestText(effect, options.because);
  const pullRequest = hub === undefined ? undefined : await openPullRequest(hub, { branch, ...text });
  if (options.json === true) {
    printJson({ outcome: outcome.outcome, branch, head: outcome.head, effect, text, pullRequest: pullRequest ?? null });
    return 0;
  }
  const verb = outcome.outcome === 'proposed' ? 'proposed as' : 'is proposed already as';
  print(
    `promote: ${verb} ${branch}`,
    pullRequest === undefined ? `\n# ${text.title}\n\n${text.body}` : `  ${pullRequest.url}`,
  );
  return 0;
}

/** Shows the effect from the checkout's own `main`: no remote is asked, no key is needed, nothing is kept. */
async function dryRun(options: TeamOptions, checkout: string): Promise<number> {
  claimStateFolder(options.state);
  const trustPath = trustPathOf(options.state);
  const nobody: TrustRoot = { schema: 'emp/trust/v1', keys: [], ledgerHead: null };
  const trust = existsSync(trustPath) ? loadTrust(trustPath) : nobody;
  const repository = await teamRepository(options.state, checkout);
  const clock = new SystemClock();
  const author = anyKey();
  const { environment, because } = options;
  const draft = await draftOf({ repository, environment, wanted: wantedOf(options), author, because, trust, clock });
  if ('refusals' in draft) return refused('propose', draft.refusals, options);
  const effect = await effectOf(repository.work, draft, {}, trust, clock.nowUs());
  if (options.json === true) printJson({ outcome: 'dry-run', effect });
  else print(...effectLines(effect));
  return 0;
}

/** Signs what is thrown away. */
function anyKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  return { keyId: keyIdOf(publicKeyPem), publicKeyPem, privateKey };
}

function wantedOf({ policy, policyImage, limits, config, from }: TeamOptions): Wanted {
  if ([policy, limits, config, from].every((given) => given === undefined)) {
    throw new InputError('promote: nothing is proposed, --policy, --limits, --config or --from is allowed');
  }
  if (policyImage !== undefined && (policy === undefined || !imageReference.safeParse(policyImage).success)) {
    throw new InputError(
      `promote: --policy-image is ${policyImage}, NAME@sha256:… beside the folder --policy is allowed; \`npm run policy -- pack\` makes one`,
    );
  }
  return {
    ...(policy === undefined ? {} : { policyDir: policy }),
    ...(policyImage === undefined ? {} : { policyImage }),
    ...(limits === undefined ? {} : { limits: documentAt(limits) }),
    ...(config === undefined ? {} : { config: documentAt(config) }),
    ...(from === undefined ? {} : { branch: from }),
  };
}

function documentAt(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new InputError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

function attestAction(place: Place, branch: string, { evidence }: TeamOptions): Promise<AdvanceOutcome> {
  if (evidence === undefined) throw new InputError('promote attest: lacks --evidence, which `npm run gate` writes');
  const verdicts = documentAt(evidence).toString('utf8').split('\n').filter(Boolean);
  return attest({ ...place, branch, verdicts, gateKey: place.key('gate') });
}

function advanced(action: Action, outcome: AdvanceOutcome, branch: string, options: TeamOptions): number {
  if (outcome.outcome === 'refused') return refused(action, outcome.refusals, options);
  if (options.json === true) printJson({ ...outcome, branch });
  else {
    const done = outcome.outcome === 'added' ? 'is in' : 'was there already in';
    print(
      `promote ${action}: ${done} ${branch}, now at ${outcome.head.slice(0, 12)}`,
      ...missingLines(outcome.missing),
    );
  }
  return 0;
}

async function statusAction(place: Place, branch: string, options: TeamOptions): Promise<number> {
  const { repository, environment, trustPath, clock } = place;
  const hub = await hubOf(options);
  const pullRequest = hub === undefined ? undefined : await pullRequestOf(hub, branch);
  const own = environmentOf(branch) !== undefined || options.environmentNamed === true;
  const trust = loadTrust(trustPath);
  const found = await statusOf(repository, branch, own ? [environment] : undefined, trust, clock.nowUs());
  const text = commentText(branch, found);
  if (hub !== undefined && pullRequest !== undefined) {
    await comment(hub, pullRequest.number, 'emp promote', text, found.length > 0);
  }
  if (options.json === true) printJson({ branch, environments: found.map(statusJson) });
  else print(text);
  return found.every(({ standing }) => standing.missing.length === 0) ? 0 : 1;
}

/** Merges by GitHub's button, under its rules; `npm run tag`, in CI, labels what came of it. */
async function mergeThere(hub: GitHub, place: Place, branch: string, options: TeamOptions): Promise<number> {
  const { repository, environment, trustPath, clock } = place;
  const pullRequest = await pullRequestOf(hub, branch);
  let merged: MergedPullRequest = { outcome: 'refused', because: '' };
  if (pullRequest.state === 'merged') merged = { outcome: 'already', commit: pullRequest.commit };
  else {
    const now = await standingOf(repository, branch, environment, loadTrust(trustPath), clock.nowUs());
    const missing = [...now.missing];
    if (!now.evidence.sealed) missing.push({ reason: 'EVIDENCE_INVALID', because: 'the promotion is not signed yet' });
    if (missing.length > 0) return refused('merge', missing, options);
    merged = await mergePullRequest(hub, branch, pullRequest.number, now.head);
  }
  if (merged.outcome === 'refused')
    return refused('merge', [{ reason: 'SUPERSEDED', because: merged.because }], options);
  const verb = merged.outcome === 'merged' ? 'is merged' : 'was merged before';
  if (options.json === true) printJson({ ...merged, branch });
  else print(`promote: ${branch} ${verb} as ${merged.commit}; \`npm run tag\` labels it`);
  return 0;
}

async function mergeAction(place: Place, branch: string, options: TeamOptions): Promise<number> {
  const hub = await hubOf(options);
  if (hub !== undefined) return mergeThere(hub, place, branch, options);
  const outcome = await merge({ ...place, branch, keys: automation(place) });
  if (outcome.outcome === 'refused') return refused('merge', outcome.refusals, options);
  const own = outcome.tagged.find((tagged) => tagged.environment === place.environment);
  if (options.json === true) printJson({ ...outcome, branch });
  else {
    print(
      `promote: ${branch} ${outcome.outcome === 'merged' ? 'is merged' : 'was merged before'}`,
      ...(own !== undefined && 'tag' in own ? [`  commit  ${own.commit}`, `  label   ${own.tag}`] : []),
    );
  }
  return 0;
}

/** Where pull requests are, asked once before anything is pushed; undefined for a plain remote. */
async function hubOf({ github }: TeamOptions): Promise<GitHub | undefined> {
  if (github === undefined) return undefined;
  const hub = gitHub(github, process.env);
  await checkAccess(hub);
  return hub;
}

function refused(action: Action, refusals: readonly Refusal[], { json }: TeamOptions): number {
  if (json === true) printJson({ outcome: 'refused', refusals });
  else print(`promote ${action}: refused`, ...refusals.map(({ reason, because }) => `  ${reason}  ${because}`));
  return 1;
}

function missingLines(missing: readonly Refusal[]): string[] {
  if (missing.length === 0) return ['  nothing is missing any more'];
  return ['  still missing:', ...missing.map(({ reason, because }) => `    ${reason}  ${because}`)];
}
