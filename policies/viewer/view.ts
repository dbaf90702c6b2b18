/**
 * What the page is told, one schema per kind of event: the contract between whoever runs the loop and the viewer.
 *
 * Events say what is, not what changed: the latest of a kind replaces the one before, so a page that joins late or
 * misses some shows the same as one that saw all.
 */
import { z } from 'zod';
import { digest } from '../../runtime/contract.ts';
import { type LineageNode, lineageKinds } from '../ledger/lineage.ts';
import { runtimeSnapshot } from './snapshot-schema.ts';

const figure = z.union([z.number(), z.string()]);

/** Where the loop is. `note` is one sentence for a person: what happens, or why it was refused. */
export const phaseEvent = z.strictObject({
  kind: z.literal('phase'),
  phase: z.enum(['evolving', 'gating', 'promoting', 'syncing', 'trading', 'stopped', 'refused']),
  note: z.string(),
});

/** Evolution after, or during, one generation; sent again with the same number it replaces what was said of it. */
export const generationEvent = z.strictObject({
  kind: z.literal('generation'),
  generation: z.int().nonnegative(),
  generations: z.int().nonnegative().describe('number of the last one'),
  best: z.number().nullable().describe('score of the best alive, USD per slice'),
  spread: z.number().nullable().describe('standard deviation of the scores alive, USD per slice'),
  candidates: z
    .array(
      z.strictObject({
        digest12: z.string().regex(/^[0-9a-f]{12}$/),
        score: z.number().nullable().describe('USD per slice; null while it is being evaluated'),
        parents: z.array(z.string()).describe('digest12 of each'),
        mutation: z.string(),
        curve: z
          .array(z.number())
          .default([])
          .describe('loss of its training, nats a label; empty where it is not known'),
        status: z.enum(['running', 'alive', 'dropped', 'champion']),
      }),
    )
    .describe('best first'),
  etaSeconds: z.number().nonnegative().nullable(),
});

/** One gate of the candidate in question. The phase `gating` begins a new candidate and clears the gates before. */
export const gateEvent = z.strictObject({
  kind: z.literal('gate'),
  name: z.string(),
  status: z.enum(['running', 'passed', 'failed', 'errored']),
  because: z.string().describe('empty while it runs'),
  measured: z.record(z.string(), figure),
  thresholds: z.record(z.string(), z.number()),
  seconds: z.number().nonnegative(),
});

const problem = z.strictObject({
  subject: z.string(),
  problem: z.string(),
  actual: z.string(),
  allowed: z.string(),
});

/** What a manifest says that a person wants to read; `manifestSummary` makes one. */
export const policySummary = z.strictObject({
  model: z.string(),
  features: z.int(),
  horizonsUs: z.array(z.number()),
  trainedOn: z.string(),
  trials: z.int(),
  trainingSteps: z.int(),
  trainingLoss: z.number().nullable(),
  informationCoefficient: z.number().nullable(),
  pnlPerSliceUsd: z.number().nullable(),
  seed: z.int(),
  productCommit: z.string(),
  planner: z.record(z.string(), z.number()),
});

/** Where the policy comes from, as `npm run lineage` tells it. */
const lineage: z.ZodType<LineageNode> = z.strictObject({
  kind: z.enum(lineageKinds),
  name: z.string(),
  facts: z.record(z.string(), figure),
  children: z.array(z.lazy(() => lineage)),
});

/** The policy in the slot, and what it rests on. Null where there is none: an unpromoted policy has no commit. */
export const policyEvent = z.strictObject({
  kind: z.literal('policy'),
  digest,
  name: z.string(),
  summary: policySummary,
  evidence: z.strictObject({ ok: z.boolean(), problems: z.array(problem) }),
  commit: z.string().nullable(),
  tag: z.string().nullable(),
  approvedBy: z.string().nullable(),
  ledgerSeq: z.int().nonnegative().nullable(),
  parents: z.array(digest),
  lineage: lineage.nullable().default(null),
});

/** A snapshot of the runtime, as its /stream sends it. */
export const runtimeEvent = z.strictObject({ kind: z.literal('runtime'), snapshot: runtimeSnapshot });

/** Whether the runtime's stream is being read. Wall time. */
export const linkEvent = z.strictObject({
  kind: z.literal('link'),
  state: z.enum(['connected', 'away']),
  sinceUs: z.int(),
  because: z.string().describe('empty when connected'),
});

export const viewEvent = z.discriminatedUnion('kind', [
  phaseEvent,
  generationEvent,
  gateEvent,
  policyEvent,
  runtimeEvent,
  linkEvent,
]);

/** What may be published; a runtime's own snapshot fits `runtime` as it is. */
export type ViewEvent = DeepReadonly<z.input<typeof viewEvent>>;
export type Phase = z.output<typeof phaseEvent>;
export type Generation = z.output<typeof generationEvent>;
export type CandidateLine = Generation['candidates'][number];
export type GateLine = z.output<typeof gateEvent>;
export type PolicyCard = z.output<typeof policyEvent>;
export type Link = z.output<typeof linkEvent>;
export type RuntimeSeen = z.output<typeof runtimeEvent> & {
  /** Rank correlation of forecast and outcome per horizon over the snapshot's pairs; null where there are too few. */
  readonly skill: readonly (number | null)[];
};

/** What a page receives: as published, with the figures that the server computes once for all. */
export type PageEvent = Phase | Generation | GateLine | PolicyCard | RuntimeSeen | Link;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
