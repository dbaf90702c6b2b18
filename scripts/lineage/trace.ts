/** Reads the lineage of a policy or image out of an environment's repository: ledger, evidence, labels. */

import type { LedgerEntry } from '../../policies/ledger/ledger.ts';
import type { LineageNode } from '../../policies/ledger/lineage.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import { slotParts } from '../../runtime/contract.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import { evidencePath } from '../../runtime/evidence/layout.ts';
import { problemLine } from '../../runtime/evidence/problem.ts';
import {
  type PromotionStatement,
  type ProvenanceStatement,
  predicateTypes,
  type Statement,
} from '../../runtime/evidence/statement.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import { ledgerAt, tagName } from '../environment/record.ts';
import { type EnvironmentRepository, fetchHead } from '../environment/repository.ts';
import { readObjects } from '../environment/tree.ts';

/** A promotion with what its evidence says: only lines that verify under the trust root speak. */
interface Promoted {
  readonly entry: LedgerEntry;
  readonly statements: readonly { readonly statement: Statement; readonly keyId: string }[];
  /** Lines that do not verify, in a sentence each. */
  readonly problems: readonly string[];
}

/**
 * @param digest of a policy or an image, or at least the first eight digits of it
 * @throws InputError when nothing that was ever promoted has it, or when several do
 */
export async function lineageOf(
  repository: EnvironmentRepository,
  trust: TrustRoot,
  digest: string,
): Promise<LineageNode> {
  const promotions = await promotionsIn(repository, trust);
  const wanted = digest.replace(/^sha256:/, '').toLowerCase();
  if (!/^[0-9a-f]{8,64}$/.test(wanted)) {
    throw new InputError(`lineage: not a digest (${digest}), sha256:… or its first 8 digits or more are allowed`);
  }
  const matches = (candidate: string | null | undefined) => candidate?.startsWith(`sha256:${wanted}`) === true;
  const policies = new Set(promotions.map(({ entry }) => entry.policy).filter(matches) as string[]);
  const images = new Set(promotions.map((one) => slotIn(one)?.image).filter(matches) as string[]);
  const [found, ...others] = [...policies, ...images];
  if (found === undefined || others.length > 0) {
    const actual = found === undefined ? 'names nothing that was ever promoted' : `names ${others.length + 1} things`;
    const known = [...new Set(promotions.map(({ entry }) => entry.policy?.slice(7, 19)))].join(', ') || 'none';
    throw new InputError(`lineage: ${digest} ${actual}; policies here: ${known}`);
  }
  if (policies.has(found)) return policyNode(found, promotions, new Set());
  const running = promotions.filter((one) => slotIn(one)?.image === found);
  const behind = [...new Set(running.map(({ entry }) => entry.policy as string))];
  return {
    kind: 'image',
    name: found,
    facts: {},
    children: behind.map((policy) => policyNode(policy, running, new Set())),
  };
}

async function promotionsIn(repository: EnvironmentRepository, trust: TrustRoot): Promise<Promoted[]> {
  const { work } = repository;
  const { entries } = await ledgerAt(work, await fetchHead(repository), trust.ledgerHead);
  const promoted = entries.filter(
    ({ kind, policy, commit }) => kind === 'promoted' && policy !== null && commit !== null,
  );
  const names = promoted.map(
    ({ environment, policy, commit }) => `${commit}:${evidencePath(environment, policy as string)}`,
  );
  const objects = names.length === 0 ? [] : await readObjects(work, names);
  return promoted.map((entry, index) => {
    const file = evidencePath(entry.environment, entry.policy as string);
    const bytes = objects[index]?.bytes;
    if (bytes === undefined) return { entry, statements: [], problems: [`${file}: is missing at ${entry.commit}`] };
    const lines = bytes.toString('utf8').split('\n').filter(Boolean);
    const verified = lines.map((line, at) => verifyLine(line, `${file}:${at + 1}`, trust));
    return {
      entry,
      statements: verified.flatMap((one) => (one.ok ? [one] : [])),
      problems: verified.flatMap((one) => (one.ok ? [] : [problemLine(one.problem)])),
    };
  });
}

function slotIn({ statements }: Promoted): PromotionStatement['predicate']['slot'] | undefined {
  for (const { statement } of statements) {
    if (statement.predicateType === predicateTypes.promotion) return statement.predicate.slot;
  }
  return undefined;
}

/** @param below policies that this one stands behind already: a forged parent could otherwise lead back to its child */
function policyNode(policy: string, promotions: readonly Promoted[], below: ReadonlySet<string>): LineageNode {
  const own = promotions.filter(({ entry }) => entry.policy === policy);
  const trained = own
    .flatMap(({ statements }) => statements)
    .map(({ statement }) => statement)
    .find((one): one is ProvenanceStatement => one.predicateType === predicateTypes.provenance);
  const origin = trained === undefined ? [] : originOf(trained, promotions, new Set([...below, policy]));
  return { kind: 'policy', name: policy, facts: {}, children: [...own.map(promotionNode), ...origin] };
}

function promotionNode(promoted: Promoted): LineageNode {
  const { entry, statements, problems } = promoted;
  const { environment, seq, commit, policy, because, timeUs } = entry;
  const slot = slotIn(promoted);
  const children: LineageNode[] = [];
  if (slot !== undefined) {
    for (const part of slotParts.filter((name) => name !== 'policy')) {
      children.push({ kind: 'slot', name: slot[part], facts: { part }, children: [] });
    }
  }
  for (const { statement, keyId } of statements) {
    if (statement.predicateType === predicateTypes.testResult) {
      const { gate, status, because } = statement.predicate.verdict;
      children.push({
        kind: 'gate',
        name: gate,
        facts: { verdict: status, because, key: keyId.slice(7, 19) },
        children: [],
      });
    } else if (statement.predicateType === predicateTypes.approval) {
      children.push({ kind: 'approver', name: keyId, facts: { at: statement.predicate.timeVerified }, children: [] });
    }
  }
  children.push(...problems.map((name): LineageNode => ({ kind: 'problem', name, facts: {}, children: [] })));
  const facts = { label: tagName(environment, seq, policy), at: new Date(timeUs / 1000).toISOString(), because };
  return { kind: 'promotion', name: commit as string, facts, children };
}

function originOf(
  { predicate }: ProvenanceStatement,
  promotions: readonly Promoted[],
  below: ReadonlySet<string>,
): LineageNode[] {
  const { externalParameters, resolvedDependencies } = predicate.buildDefinition;
  const { genome, data, ...numbers } = externalParameters;
  const nodes: LineageNode[] = [{ kind: 'training', name: genome, facts: { ...numbers }, children: [] }];
  for (const { uri, digest } of resolvedDependencies) {
    const name = 'sha256' in digest ? `sha256:${digest.sha256}` : digest.gitCommit;
    const leaf = (kind: LineageNode['kind'], facts: LineageNode['facts'] = {}): LineageNode => ({
      kind,
      name,
      facts,
      children: [],
    });
    if (uri === 'urn:emp:data') nodes.push(leaf('data', { described: data }));
    else if (uri === 'urn:emp:product') nodes.push(leaf('code'));
    else if (uri === 'urn:emp:features') nodes.push(leaf('features'));
    else if (below.has(name)) nodes.push(leaf('problem', { because: 'it descends from itself' }));
    else if (promotions.some(({ entry }) => entry.policy === name)) {
      const { children } = policyNode(name, promotions, below);
      nodes.push({ kind: 'parent', name, facts: {}, children });
    } else nodes.push(leaf('parent', { promoted: 'never here' }));
  }
  return nodes;
}
