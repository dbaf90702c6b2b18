/** Builds the statements that a promotion, a rollback and a label sign. */
import { gateCatalog } from '../../gates/catalog.ts';
import { type PolicyManifest, type Slot, slotParts } from '../../runtime/contract.ts';
import { hexOf, sha256Of } from '../../runtime/evidence/digest.ts';
import {
  approverUri,
  environmentUri,
  gateLevel,
  predicateTypes,
  type Statement,
  statementType,
} from '../../runtime/evidence/statement.ts';

export interface RequiredLine {
  /** sha256 of the line without its line feed. */
  readonly line: string;
  readonly predicateType: string;
  readonly name: string;
}

const policySubject = (policy: string) => [{ name: 'policy', digest: { sha256: hexOf(policy) } }];

/** How the policy was trained, from its own manifest. */
export function provenance(manifest: PolicyManifest, policy: string): Statement {
  return {
    _type: statementType,
    subject: policySubject(policy),
    predicateType: predicateTypes.provenance,
    predicate: {
      buildDefinition: {
        buildType: 'urn:emp:training:v1',
        externalParameters: {
          genome: manifest.genome,
          seed: manifest.seed,
          trials: manifest.trials,
          trainingSteps: manifest.training.steps,
          data: `${manifest.data.kind}: ${manifest.data.description}`,
        },
        resolvedDependencies: [
          { uri: 'urn:emp:data', digest: { sha256: hexOf(manifest.data.digest) } },
          { uri: 'urn:emp:features', digest: { sha256: hexOf(manifest.featureDigest) } },
          { uri: 'urn:emp:product', digest: { gitCommit: manifest.commit } },
          ...manifest.parents.map((parent) => ({ uri: 'urn:emp:parent', digest: { sha256: hexOf(parent) } })),
        ],
      },
      runDetails: { builder: { id: 'urn:emp:evolution' } },
    },
  };
}

/** An approver's word on a whole slot, resting on `inputs`. */
export function approval(
  slot: Slot,
  inputs: readonly RequiredLine[],
  approverKeyId: string,
  timeUs: number,
): Statement {
  const names = gateCatalog.map(({ name }) => name);
  return {
    _type: statementType,
    subject: slotParts.map((name) => ({
      name,
      digest: { sha256: hexOf(slot[name]) },
    })),
    predicateType: predicateTypes.approval,
    predicate: {
      verifier: { id: approverUri(approverKeyId) },
      timeVerified: new Date(Math.floor(timeUs / 1000)).toISOString(),
      resourceUri: environmentUri(slot.environment),
      policy: { uri: 'gates/catalog.ts', digest: { sha256: hexOf(sha256Of(JSON.stringify(names))) } },
      inputAttestations: inputs.map(({ line, name }) => ({
        uri: `urn:emp:statement:${name}`,
        digest: { sha256: hexOf(line) },
      })),
      verificationResult: 'PASSED',
      verifiedLevels: names.map(gateLevel),
    },
  };
}

/** Somebody asks that a slot may trade. */
export function proposal(
  slot: Slot,
  changes: readonly (typeof slotParts)[number][],
  because: string,
  parent: string,
  timeUs: number,
): Statement {
  return {
    _type: statementType,
    subject: policySubject(slot.policy),
    predicateType: predicateTypes.proposal,
    predicate: { slot, changes: [...changes], because, parent, timeUs },
  };
}

export function promotion(
  slot: Slot,
  replaces: string | null,
  parent: string,
  requires: readonly RequiredLine[],
  timeUs: number,
): Statement {
  return {
    _type: statementType,
    subject: policySubject(slot.policy),
    predicateType: predicateTypes.promotion,
    predicate: { slot, replaces, parent, requires: [...requires], timeUs },
  };
}

export interface Undone {
  readonly ledgerSeq: number;
  readonly policy: string;
  readonly commit: string;
}

export function rollback(
  environment: string,
  restores: { readonly commit: string; readonly slot: Slot } | null,
  undone: readonly Undone[],
  because: string,
  parent: string,
  timeUs: number,
): Statement {
  return {
    _type: statementType,
    subject: undone.map(({ policy }) => ({ name: 'policy', digest: { sha256: hexOf(policy) } })),
    predicateType: predicateTypes.rollback,
    predicate: { environment, restores, undone: [...undone], because, parent, timeUs },
  };
}

/** What the tag's message signs: this commit holds the label, with this slot. */
export function label(
  environment: string,
  ledgerSeq: number,
  commit: string,
  slot: Slot | null,
  timeUs: number,
): Statement {
  return {
    _type: statementType,
    subject: [{ name: 'commit', digest: { gitCommit: commit } }],
    predicateType: predicateTypes.label,
    predicate: { environment, ledgerSeq, slot, timeUs },
  };
}

/** Message of the tag: for a person, and the signed statement that counts. */
export function labelMessage(environment: string, ledgerSeq: number, slot: Slot | null, line: string): string {
  const holds = slot === null ? 'Nothing trades' : `Policy ${slot.policy} trades`;
  return `${holds} in ${environment} by default (ledger entry ${ledgerSeq}).\n\n${line}`;
}
