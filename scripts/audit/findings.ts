/** What a running runtime says of itself, held against what the repository says was approved. */
import { z } from 'zod';
import { type Slot, slot, slotParts } from '../../runtime/contract.ts';
import type { Problem } from '../../runtime/evidence/problem.ts';

/** As far as an auditor looks into `/audit`; a newer runtime may say more. */
export const audit = z.object({
  schema: z.literal('emp/audit/v1'),
  environment: z.string(),
  mode: z.string(),
  policyDigest: z.string().nullable(),
  session: z.string(),
  positionKnown: z.boolean(),
  symbols: z.array(
    z.object({
      symbol: z.string(),
      positionLots: z.int(),
      workingOrders: z.array(z.unknown()),
      disables: z.array(z.object({ reason: z.string() })),
    }),
  ),
  disables: z.array(z.object({ reason: z.string() })),
  resolved: z.object({
    slot: z.string(),
    approvedBy: z.string().nullish(),
    digests: z.object({ config: z.string(), limits: z.string() }),
  }),
});
export type Audit = z.infer<typeof audit>;

/** What it runs that was not approved; nothing when all is as it should be. */
export function findings(told: Audit, environment: string, approved: Slot | null): Problem[] {
  const subject = `runtime of ${environment}`;
  const problems: Problem[] = [];
  const hold = (problem: string, actual: string, allowed: string): void => {
    if (actual !== allowed) problems.push({ subject, problem, actual, allowed });
  };
  hold('runs another environment', told.environment, environment);
  const runs = slotIn(told.resolved.slot);
  if (runs === undefined) {
    if (approved !== null || told.resolved.slot !== 'empty') {
      hold('trades what no repository approved', told.resolved.slot, approved === null ? 'empty' : approved.policy);
    }
    return problems;
  }
  for (const part of slotParts) hold(`runs another ${part}`, runs[part], approved?.[part] ?? 'nothing');
  hold('reads another configuration', told.resolved.digests.config, runs.config);
  hold('has other limits in force', told.resolved.digests.limits, runs.limits);
  return problems;
}

/** Undefined for a trial and for an empty slot, which are words and no digests. */
function slotIn(text: string): Slot | undefined {
  if (!text.startsWith('{')) return undefined;
  return slot.parse(JSON.parse(text));
}
