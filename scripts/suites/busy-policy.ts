import { plant } from '../../gates/planted-policy.ts';
import type { PolicyManifest } from '../../runtime/contract.ts';
import { FeatureRows } from '../../runtime/features/rows.ts';

/** Trades on every forecast: rests an order for a weak one, crosses for a strong one. */
const busy: Partial<PolicyManifest> = {
  planner: {
    horizon: 1,
    enterCosts: 0.05,
    exitCosts: 0,
    postCosts: 0,
    confidence: 0,
    riskPerClipUsd: 50,
    clipLots: 20,
    maxPositionClips: 8,
    maxHoldDecisions: 4,
  },
  scaler: {
    mean: FeatureRows.names.map(() => 0),
    deviation: FeatureRows.names.map(() => 0.1),
    clip: 5,
  },
};

/** An untrained policy that trades much, so that there is something to lose: what it earns is beside the point. */
export function busyPolicy(directory: string): ReturnType<typeof plant> {
  return plant(directory, { manifest: busy });
}
