/** Who must approve what: `environments/approvals.yaml`, and whether given approvals are enough. */
import { parse } from 'yaml';
import { z } from 'zod';
import { InputError } from '../../runtime/boot/documents.ts';
import { digest, type Slot, slotParts } from '../../runtime/contract.ts';
import { digest12 } from '../../runtime/evidence/digest.ts';
import { readAt } from '../environment/tree.ts';

export const rulesPath = 'environments/approvals.yaml';

export type SlotPart = (typeof slotParts)[number];

const rule = z.strictObject({
  approvals: z.int().nonnegative().describe('people, each another than the author'),
  from: z.array(z.string()).describe('groups; each approval comes from a member of any of them'),
});

const environmentRules = z.strictObject({
  soak: z
    .strictObject({ environment: z.string(), hours: z.number().positive() })
    .nullable()
    .describe('how long a policy has to have traded where, verified and not rolled back'),
  ...(Object.fromEntries(slotParts.map((part) => [part, rule])) as Record<SlotPart, typeof rule>),
});

export const approvalRules = z.strictObject({
  people: z.record(
    z.string(),
    z.strictObject({ keys: z.array(digest).min(1), github: z.string().optional().describe('login') }),
  ),
  groups: z.record(z.string(), z.array(z.string())),
  environments: z.record(z.string(), environmentRules),
});
export type ApprovalRules = z.infer<typeof approvalRules>;

/** @throws InputError naming what is wrong: a member or group that is not declared, a key of two people */
export function parseRules(text: string, subject: string): ApprovalRules {
  const parsed = approvalRules.safeParse(parse(text));
  if (!parsed.success) throw new InputError(`${subject}: is not a set of rules\n${z.prettifyError(parsed.error)}`);
  const rules = parsed.data;
  const refuse = (problem: string, actual: string, allowed: readonly string[]): never => {
    throw new InputError(
      `${subject}: ${problem} (${actual}), allowed: ${allowed.join(', ') || 'none, none is declared'}`,
    );
  };
  const people = Object.keys(rules.people);
  const groups = Object.keys(rules.groups);
  for (const [name, members] of Object.entries(rules.groups)) {
    for (const member of members)
      if (!people.includes(member)) refuse(`group ${name} has an unknown member`, member, people);
  }
  for (const [name, environment] of Object.entries(rules.environments)) {
    for (const part of slotParts) {
      for (const group of environment[part].from) {
        if (!groups.includes(group)) refuse(`${name}.${part} asks an unknown group`, group, groups);
      }
    }
  }
  const owners = new Map<string, string>();
  for (const [person, { keys }] of Object.entries(rules.people)) {
    for (const key of keys) {
      const other = owners.get(key);
      if (other !== undefined) refuse(`a key of ${other} is also ${person}'s`, key, ['a key of one person']);
      owners.set(key, person);
    }
  }
  return rules;
}

/** The rules at a commit. @throws InputError when there are none */
export async function rulesAt(work: string, commit: string): Promise<ApprovalRules> {
  const bytes = await readAt(work, commit, rulesPath);
  if (bytes === undefined) throw new InputError(`${rulesPath}: absent at commit ${commit.slice(0, 12)}`);
  return parseRules(bytes.toString('utf8'), rulesPath);
}

/** What the rules ask for one part of a slot that changed, and what of it is there. */
export interface Asked {
  readonly part: SlotPart;
  readonly approvals: number;
  readonly from: readonly string[];
  /** Members of those groups who may still approve. */
  readonly candidates: readonly string[];
  readonly given: readonly string[];
}

export interface ApprovalJudgement {
  readonly enough: boolean;
  readonly asked: readonly Asked[];
  /** Approvals that count for nothing, each in a sentence. */
  readonly ignored: readonly string[];
}

/**
 * Holds approvals to the rules: each part that changed has its number, of different people, none of them the author.
 * @param author key that signed the proposal; undefined for one that nobody signed
 * @param approvers keys that signed a sound approval
 */
export function judgeApprovals(
  rules: ApprovalRules,
  environment: string,
  changes: readonly SlotPart[],
  author: string | undefined,
  approvers: readonly string[],
): ApprovalJudgement {
  const own = rules.environments[environment];
  if (own === undefined) {
    throw new InputError(
      `${rulesPath}: has no rules for ${environment}, allowed: ${Object.keys(rules.environments).join(', ')}`,
    );
  }
  const authorName = author === undefined ? undefined : personOf(rules, author);
  const people = new Set<string>();
  const ignored: string[] = [];
  for (const keyId of approvers) {
    const person = personOf(rules, keyId);
    if (person === undefined) ignored.push(`key ${digest12(keyId)} belongs to nobody in ${rulesPath}`);
    else if (keyId === author || person === authorName) ignored.push(`${person} is the author, who never approves`);
    else people.add(person);
  }
  const asked = changes.map((part): Asked => {
    const { approvals, from } = own[part];
    const members = [...new Set(from.flatMap((group) => rules.groups[group] ?? []))];
    return {
      part,
      approvals,
      from,
      given: members.filter((member) => people.has(member)),
      candidates: members.filter((member) => !people.has(member) && member !== authorName),
    };
  });
  for (const person of people) {
    if (asked.every(({ given }) => !given.includes(person))) {
      const groups = [...new Set(asked.flatMap(({ from }) => from))];
      ignored.push(`${person} is in none of the groups asked (${groups.join(', ') || 'nobody is asked'})`);
    }
  }
  const enough = asked.every(({ approvals, given }) => given.length >= approvals);
  return { enough, asked, ignored };
}

/** Whose key it is. */
export function personOf(rules: ApprovalRules, keyId: string): string | undefined {
  return Object.entries(rules.people).find(([, { keys }]) => keys.includes(keyId))?.[0];
}

/** What is asked and still missing, a sentence each. */
export function missingApprovals({ asked }: ApprovalJudgement): string[] {
  return asked
    .filter(({ approvals, given }) => given.length < approvals)
    .map(({ part, approvals, from, given, candidates }) => {
      const who =
        candidates.length === 0 ? `nobody else is in ${from.join(' or ')}` : `may still: ${candidates.join(', ')}`;
      const have = given.length === 0 ? 'none is given' : `given by ${given.join(', ')}`;
      return `${part} needs ${approvals} approval(s) of ${from.join(' or ')}: ${have}; ${who}`;
    });
}

/** Parts in which two slots differ. */
export function changedParts(before: Partial<Slot> | { readonly policy: string | null }, after: Slot): SlotPart[] {
  return slotParts.filter((part) => (before as Partial<Slot>)[part] !== after[part]);
}
