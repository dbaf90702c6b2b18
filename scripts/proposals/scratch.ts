/** For tests: a team's repository with people, rules and keys, and clones of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { signVerdicts } from '../../gates/evidence.ts';
import type { VerdictStatus } from '../../gates/gate.ts';
import { type SigningKey, signingKey } from '../../gates/keys.ts';
import { SimulatedClock } from '../../runtime/clock.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { loadTrust, type Role, type TrustRoot } from '../../runtime/evidence/trust.ts';
import { git } from '../environment/git.ts';
import { attach, createBare, type EnvironmentRepository } from '../environment/repository.ts';
import { candidateIn, commitAll, passedVerdicts, productIn, writeProduct } from '../environment/scratch.ts';
import { pointerText } from '../environment/slot.ts';
import type { Keys } from '../environment/trust.ts';
import { type AdvanceOutcome, approve, attest, seal } from './advance.ts';
import { type MergeOutcome, merge } from './merge.ts';
import { standingOf } from './proposal.ts';
import { type ProposeOutcome, propose, type Wanted } from './propose.ts';
import { rulesPath } from './rules.ts';
import { type Tagged, tagMain } from './tag.ts';

export const people = ['ada', 'bob', 'cyn', 'dan'] as const;
export type Person = (typeof people)[number];

export interface Team {
  readonly root: string;
  readonly repository: EnvironmentRepository;
  readonly trustPath: string;
  readonly keys: Keys;
  readonly persons: Readonly<Record<Person, SigningKey>>;
  readonly clock: SimulatedClock;
}

/** Ada writes, Bob speaks for risk, Cyn for the platform; Dan has a key and no group. Paper asks one, live two after a day. */
export async function teamIn(root: string): Promise<Team> {
  const checkout = await productIn(path.join(root, 'product'));
  const { keys, persons } = keysIn(root);
  const environment = (name: string) => ({
    [`environments/${name}/policy.yaml`]: pointerText(name, null),
    [`environments/${name}/limits.yaml`]: `maxOpenOrders: 4 # of ${name}\n`,
    [`environments/${name}/config.yaml`]: `environment: ${name}\n`,
  });
  writeProduct(checkout, { ...environment('paper'), ...environment('live'), [rulesPath]: rulesOf(persons) });
  await commitAll(checkout, 'a team');
  const remote = path.join(root, 'remote.git');
  await createBare(remote, async (made) => {
    await git(made, ['fetch', '-q', checkout, 'HEAD:refs/heads/main']);
  });
  writeFileSync(path.join(root, 'trust.json'), JSON.stringify(trustOf(keys, persons)));
  return teamAt(root);
}

/** The team that `teamIn` made there, in whatever process. */
export async function teamAt(root: string, clock = new SimulatedClock(1_700_000_000_000_000)): Promise<Team> {
  const repository = await attach(path.join(root, 'remote.git'), path.join(root, 'work.git'));
  return { root, repository, trustPath: path.join(root, 'trust.json'), ...keysIn(root), clock };
}

function keysIn(root: string): Pick<Team, 'keys' | 'persons'> {
  const key = (name: string) => signingKey(path.join(root, 'keys', name), 'approver');
  const persons = Object.fromEntries(people.map((name) => [name, key(name)])) as Record<Person, SigningKey>;
  return { persons, keys: { gate: key('gate'), approver: key('automation'), promoter: key('promoter') } };
}

/** The same team on another machine: a clone and a trust root of its own. */
export async function colleague(team: Team, name: string): Promise<Team> {
  const folder = path.join(team.root, name);
  mkdirSync(folder);
  const trustPath = path.join(folder, 'trust.json');
  writeFileSync(trustPath, JSON.stringify({ ...loadTrust(team.trustPath), ledgerHead: null }));
  const repository = await attach(team.repository.remote, path.join(folder, 'work.git'));
  return { ...team, repository, trustPath };
}

function rulesOf(persons: Readonly<Record<Person, SigningKey>>): string {
  const named = Object.entries(persons).map(([name, { keyId }]) => `  ${name}: { keys: ['${keyId}'] }`);
  const parts = (approvals: number, limits: string) =>
    ['policy', 'image', 'limits', 'config', 'manifests'].map(
      (part) =>
        `    ${part}: { approvals: ${approvals}, from: [${part === 'limits' ? limits : 'risk, platform, research'}] }`,
    );
  return [
    'people:',
    ...named,
    'groups: { risk: [bob], platform: [cyn], research: [ada] }',
    'environments:',
    '  local:',
    '    soak: null',
    ...parts(0, ''),
    '  paper:',
    '    soak: null',
    ...parts(1, 'risk'),
    '  live:',
    '    soak: { environment: paper, hours: 24 }',
    ...parts(2, 'risk, platform'),
    '',
  ].join('\n');
}

function trustOf(keys: Keys, persons: Readonly<Record<Person, SigningKey>>): TrustRoot {
  const trusted = ({ keyId, publicKeyPem }: SigningKey, roles: Role[]) => ({ keyId, publicKeyPem, roles });
  return {
    schema: 'emp/trust/v1',
    keys: [
      trusted(keys.gate, ['gate']),
      trusted(keys.approver, ['approver']),
      trusted(keys.promoter, ['promoter']),
      ...people.map((name) => trusted(persons[name], ['author', 'approver'])),
    ],
    ledgerHead: null,
  };
}

/** Proposes a candidate of this name, or another change. */
export function proposeIn(
  team: Team,
  environment: string,
  wanted: string | Wanted,
  author: Person = 'ada',
): Promise<ProposeOutcome> {
  tick(team);
  return propose({
    ...team,
    environment,
    wanted: typeof wanted === 'string' ? { policyDir: candidateIn(team.root, wanted) } : wanted,
    author: team.persons[author],
    trust: loadTrust(team.trustPath),
    because: 'it earns more',
  });
}

/** Gives the verdict of every gate on the branch's slot, signed. */
export async function attestIn(
  team: Team,
  environment: string,
  branch: string,
  { status = 'passed' as VerdictStatus, only = undefined as readonly string[] | undefined } = {},
): Promise<AdvanceOutcome> {
  const { slot } = await standingOf(team.repository, branch, environment, loadTrust(team.trustPath), tick(team));
  const verdicts = passedVerdicts(slot).filter(({ gate }) => only === undefined || only.includes(gate));
  const told = verdicts.map((verdict, index) => (index === 0 ? { ...verdict, status } : verdict));
  const signed = await signVerdicts(told, slot.policy, team.keys.gate);
  return attest({ ...team, environment, branch, verdicts: signed, gateKey: team.keys.gate });
}

export function approveIn(team: Team, environment: string, branch: string, who: SigningKey): Promise<AdvanceOutcome> {
  tick(team);
  return approve({ ...team, environment, branch, approver: who });
}

export function sealIn(team: Team, environment: string, branch: string): Promise<AdvanceOutcome> {
  tick(team);
  return seal({ ...team, environment, branch });
}

export function mergeIn(team: Team, environment: string, branch: string): Promise<MergeOutcome> {
  tick(team);
  return merge({ ...team, environment, branch });
}

export function tagIn(team: Team): Promise<readonly Tagged[]> {
  tick(team);
  return tagMain(team);
}

/** From a candidate's name to a branch that may be merged. Throws when any step refuses. */
export async function readyIn(
  team: Team,
  environment: string,
  wanted: string | Wanted,
  approvers: readonly Person[],
): Promise<string> {
  const proposed = await proposeIn(team, environment, wanted);
  if (proposed.outcome === 'refused') throw new Error(JSON.stringify(proposed));
  const { branch } = proposed;
  const steps = [
    () => attestIn(team, environment, branch),
    ...approvers.map((name) => () => approveIn(team, environment, branch, team.persons[name])),
    () => sealIn(team, environment, branch),
  ];
  for (const step of steps) {
    const outcome = await step();
    if (outcome.outcome === 'refused') throw new Error(JSON.stringify(outcome));
  }
  return branch;
}

/** A key that belongs to nobody here. */
export function stranger(team: Team): SigningKey {
  return signingKey(path.join(team.root, 'stranger'), 'approver');
}

/** What a digest of a text would be, for documents that are proposed. */
export const digestOf = (text: string): string => sha256Of(text);

function tick({ clock }: Team): number {
  clock.advanceTo(clock.nowUs() + 1_000_000);
  return clock.nowUs();
}
