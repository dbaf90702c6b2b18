/**
 * The statements that evidence is made of: in-toto Statement v1 with a few kinds of predicate.
 *
 * Standard predicates where one fits (test-result v0.1 for a gate's verdict, SLSA provenance v1 for training, SLSA
 * verification_summary v1 for an approval), our own for proposal, promotion, rollback and label. Strict: an unknown field is an
 * error, so that nothing signed is read half.
 */
import { z } from 'zod';
import { digest, slot, slotParts } from '../contract.ts';

export const payloadType = 'application/vnd.in-toto+json';
export const statementType = 'https://in-toto.io/Statement/v1';

export const predicateTypes = {
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
  provenance: 'https://slsa.dev/provenance/v1',
  approval: 'https://slsa.dev/verification_summary/v1',
  proposal: 'urn:emp:proposal:v1',
  promotion: 'urn:emp:promotion:v1',
  rollback: 'urn:emp:rollback:v1',
  label: 'urn:emp:label:v1',
} as const;

const hex64 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');
export const commitId = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be a full Git object id');

const artifact = z.strictObject({ name: z.string().min(1), digest: z.strictObject({ sha256: hex64 }) });
const commitSubject = z.strictObject({
  name: z.string().min(1),
  digest: z.strictObject({ gitCommit: commitId }),
});
const resource = z.strictObject({ uri: z.string(), digest: z.strictObject({ sha256: hex64 }).optional() });

function statementOf<P extends string, S extends z.ZodType, T extends z.ZodType>(
  predicateType: P,
  subject: S,
  predicate: T,
) {
  return z.strictObject({
    _type: z.literal(statementType),
    subject: z.array(subject).min(1),
    predicateType: z.literal(predicateType),
    predicate,
  });
}

/** One gate's verdict on one policy. `errored` is written as FAILED for readers that know no third answer. */
export const testResultStatement = statementOf(
  predicateTypes.testResult,
  artifact,
  z.strictObject({
    result: z.enum(['PASSED', 'FAILED']),
    configuration: z.array(resource),
    passedTests: z.array(z.string()),
    failedTests: z.array(z.string()),
    verdict: z.strictObject({
      gate: z.string().min(1),
      status: z.enum(['passed', 'failed', 'errored']),
      because: z.string(),
      measured: z.record(z.string(), z.union([z.number(), z.string()])),
      thresholds: z.record(z.string(), z.number()),
      seconds: z.number().nonnegative(),
    }),
  }),
);

/** How the policy was trained: data, code, parents. */
export const provenanceStatement = statementOf(
  predicateTypes.provenance,
  artifact,
  z.strictObject({
    buildDefinition: z.strictObject({
      buildType: z.literal('urn:emp:training:v1'),
      externalParameters: z.strictObject({
        genome: digest,
        seed: z.int().nonnegative(),
        trials: z.int().positive(),
        trainingSteps: z.int().nonnegative(),
        data: z.string(),
      }),
      resolvedDependencies: z.array(
        z.strictObject({
          uri: z.string(),
          digest: z.union([z.strictObject({ sha256: hex64 }), z.strictObject({ gitCommit: z.string().min(1) })]),
        }),
      ),
    }),
    runDetails: z.strictObject({ builder: z.strictObject({ id: z.string() }) }),
  }),
);

/** An approver says that this whole slot may trade in the environment that `resourceUri` names. */
export const approvalStatement = statementOf(
  predicateTypes.approval,
  artifact,
  z.strictObject({
    verifier: z.strictObject({ id: z.string() }),
    timeVerified: z.iso.datetime(),
    resourceUri: z.string().regex(/^urn:emp:environment:[a-z][a-z0-9-]{0,30}$/),
    policy: z.strictObject({ uri: z.string(), digest: z.strictObject({ sha256: hex64 }) }),
    inputAttestations: z.array(z.strictObject({ uri: z.string(), digest: z.strictObject({ sha256: hex64 }) })),
    verificationResult: z.enum(['PASSED', 'FAILED']),
    verifiedLevels: z.array(z.string()),
  }),
);

/** Somebody asks that this whole slot may trade; whoever signs it is the author, who never approves it. */
export const proposalStatement = statementOf(
  predicateTypes.proposal,
  artifact,
  z.strictObject({
    slot,
    changes: z.array(z.enum(slotParts)).min(1).describe('parts of the slot that differ from what trades now'),
    because: z.string().min(1),
    parent: commitId.describe('commit of the environment that it was made on'),
    timeUs: z.int().nonnegative(),
  }),
);

/** The last line of an evidence file: lists, in order, every other line that must be there. */
export const promotionStatement = statementOf(
  predicateTypes.promotion,
  artifact,
  z.strictObject({
    slot,
    replaces: digest.nullable().describe('policy that the environment pointed at before'),
    parent: commitId.describe('commit the promotion was made on'),
    requires: z.array(z.strictObject({ line: digest, predicateType: z.string(), name: z.string() })).min(1),
    timeUs: z.int().nonnegative(),
  }),
);

/** Why an environment was taken back, from what, and to what. */
export const rollbackStatement = statementOf(
  predicateTypes.rollback,
  artifact,
  z.strictObject({
    environment: z.string(),
    restores: z.strictObject({ commit: commitId, slot }).nullable().describe('null: nothing trades'),
    undone: z.array(z.strictObject({ ledgerSeq: z.int().nonnegative(), policy: digest, commit: commitId })).min(1),
    because: z.string().min(1),
    parent: commitId,
    timeUs: z.int().nonnegative(),
  }),
);

/** In the message of an APPROVED_DEFAULT tag: which commit holds the label, and with which slot. */
export const labelStatement = statementOf(
  predicateTypes.label,
  commitSubject,
  z.strictObject({
    environment: z.string(),
    ledgerSeq: z.int().nonnegative(),
    slot: slot.nullable(),
    timeUs: z.int().nonnegative(),
  }),
);

export const statement = z.discriminatedUnion('predicateType', [
  testResultStatement,
  provenanceStatement,
  approvalStatement,
  proposalStatement,
  promotionStatement,
  rollbackStatement,
  labelStatement,
]);
export type Statement = z.infer<typeof statement>;
export type TestResultStatement = z.infer<typeof testResultStatement>;
export type ProvenanceStatement = z.infer<typeof provenanceStatement>;
export type ApprovalStatement = z.infer<typeof approvalStatement>;
export type ProposalStatement = z.infer<typeof proposalStatement>;
export type PromotionStatement = z.infer<typeof promotionStatement>;
export type RollbackStatement = z.infer<typeof rollbackStatement>;
export type LabelStatement = z.infer<typeof labelStatement>;

/** How an approval writes "this gate passed". */
export function gateLevel(gate: string): string {
  return `EMP_GATE:${gate}`;
}

/** How an approval names whoever gave it. */
export function approverUri(keyId: string): string {
  return `urn:emp:approver:${keyId}`;
}

/** How an approval names an environment. */
export function environmentUri(environment: string): string {
  return `urn:emp:environment:${environment}`;
}
