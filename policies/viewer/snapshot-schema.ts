import { z } from 'zod';
import type { RuntimeSnapshot } from '../../runtime/snapshot.ts';

/** Floats that are not a number leave JSON as null: an insane model is exactly what a person must still see. */
const float = z.union([z.number(), z.null().transform(() => Number.NaN), z.nan()]);
const timeUs = z.number();
const side = z.enum(['buy', 'sell']);
const level = z.tuple([z.int(), z.number(), z.number()]);
const pnl = z.object({ cross: z.int(), post: z.int(), hold: z.int(), fees: z.int(), total: z.int() });
const spell = z.object({ reason: z.string(), evidence: z.string(), sinceUs: timeUs });

const symbol = z.object({
  symbol: z.string(),
  tickSize: z.string(),
  status: z.string(),
  positionLots: z.number(),
  midHalfTicks: z.number().nullable(),
  bids: z.array(level),
  asks: z.array(level),
  lastForecast: z.object({ mean: z.array(float), logScale: z.array(float) }).nullable(),
  disables: z.array(spell),
  workingOrders: z.array(z.object({ clOrdId: z.string(), side, priceTicks: z.int(), leavesLots: z.number() })),
  pnl,
});

const fill = z.object({
  execId: z.string(),
  clOrdId: z.string(),
  symbol: z.string(),
  side,
  lots: z.number(),
  priceTicks: z.int(),
  liquidity: z.enum(['maker', 'taker']),
  timeUs,
  edgeMicroUsd: float,
});

/**
 * What the runtime's /stream sends. Fields that this build does not know are left out, so that a newer runtime can still
 * be watched; a missing or malformed one is refused.
 */
export const runtimeSnapshot = z.object({
  timeUs,
  mode: z.enum(['paper', 'live']),
  environment: z.string(),
  policyDigest: z.string().nullable(),
  session: z.enum(['up', 'down']),
  positionKnown: z.boolean(),
  horizonsUs: z.array(z.number()),
  symbols: z.array(symbol),
  disables: z.array(spell),
  history: z.array(
    z.object({
      reason: z.string(),
      symbol: z.string().nullable(),
      evidence: z.string(),
      sinceUs: timeUs,
      untilUs: timeUs,
    }),
  ),
  pnl,
  fills: z.array(fill),
  fillCount: z.int(),
  decisions: z.int(),
  denials: z.record(z.string(), z.number()),
  forecasts: z.array(z.object({ symbol: z.string(), horizon: z.int(), mean: float, realised: float })),
});

/** A snapshot as the page holds it; floats that were not a number may be null, since it came as JSON. */
export type Snapshot = z.output<typeof runtimeSnapshot>;
export type SnapshotSymbol = Snapshot['symbols'][number];
export type SnapshotFill = Snapshot['fills'][number];
export type PnlParts = Snapshot['pnl'];
export type Spell = Snapshot['disables'][number];

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Fails to compile when the runtime sends something that the schema would refuse. */
type Accepted<_T extends DeepReadonly<z.input<typeof runtimeSnapshot>>> = true;
export type AcceptsTheRuntime = Accepted<RuntimeSnapshot>;
