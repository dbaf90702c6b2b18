import type { SliceOutcome } from '../policies/evaluation/evaluate.ts';
import { oracleMicroUsd } from '../policies/evaluation/oracle.ts';
import type { SymbolSeries } from '../policies/evaluation/recording.ts';
import { mean } from '../policies/evaluation/significance.ts';
import type { PlannerParameters, RuntimeConfig } from '../runtime/contract.ts';
import { heldOutSlices } from './edge.ts';
import type { Candidate, Gate, GateContext, SliceRuns, Verdict } from './gate.ts';
import { withRuns } from './slice-runs.ts';
import { thresholds } from './thresholds.ts';

const held = thresholds.regret;

export const regret: Gate = {
  name: 'regret',
  proves:
    'On slices that nobody has seen, the candidate earns a fair share of what perfect hindsight could have earned.',
  run: (candidate, context) => withRuns(context, (runs) => judge(candidate, context, runs)),
};

async function judge(
  { directory, manifest }: Candidate,
  context: GateContext,
  runs: SliceRuns,
): Promise<Omit<Verdict, 'gate' | 'seconds'>> {
  const slices = heldOutSlices(context).slice(0, held.slicesMax);
  let done = 0;
  const pairs = await Promise.all(
    slices.map(async (slice): Promise<readonly [SliceOutcome, number]> => {
      const [outcome, series] = await Promise.all([
        runs.evaluate({ kind: 'policy', directory }, slice),
        runs.record(slice, manifest.model.horizons),
      ]);
      context.progress(++done / slices.length);
      return [outcome, earnableUsd(series, manifest.planner, context.config)];
    }),
  );
  const earnedUsd = mean(pairs.map(([{ pnlUsd }]) => pnlUsd));
  const oracleUsd = mean(pairs.map(([, usd]) => usd));
  // A market that offered nothing is no reason to pass.
  const share = oracleUsd > 0 ? earnedUsd / oracleUsd : 0;
  const passed = share >= held.oracleShareMin;
  const said = `earns ${usd(earnedUsd)} USD a slice of the ${usd(oracleUsd)} that perfect hindsight earns (${percent(share)}, ${slices.length} slices)`;
  return {
    status: passed ? 'passed' : 'failed',
    because: `${said}, at least ${percent(held.oracleShareMin)} is needed`,
    measured: {
      slices: slices.length,
      earnedPerSliceUsd: earnedUsd,
      oraclePerSliceUsd: oracleUsd,
      regretPerSliceUsd: oracleUsd - earnedUsd,
      oracleShare: share,
    },
    thresholds: { oracleShareMin: held.oracleShareMin },
  };
}

/**
 * What hindsight earns on a slice, USD, with orders of the planner's usual size: the one it chooses at each symbol's
 * median volatility. At its largest size it never trades, and a bound that no policy is near says nothing.
 */
export function earnableUsd(
  series: readonly SymbolSeries[],
  planner: PlannerParameters,
  { instruments }: Pick<RuntimeConfig, 'instruments'>,
): number {
  let microUsd = 0;
  for (const [symbolId, { offered, unitTicks, midTicks }] of series.entries()) {
    const instrument = instruments[symbolId];
    if (instrument === undefined || midTicks.length === 0) continue;
    const horizons = unitTicks.length / midTicks.length;
    const units = Float64Array.from(midTicks, (_, t) => unitTicks[t * horizons + planner.horizon]).sort();
    const unitMicroUsd = units[units.length >> 1] * 2 * instrument.microUsdPerHalfTickLot;
    const clipLots = Math.max(1, Math.min(planner.clipLots, Math.floor((planner.riskPerClipUsd * 1e6) / unitMicroUsd)));
    microUsd += oracleMicroUsd(offered, instrument, clipLots, planner.maxPositionClips * clipLots);
  }
  return microUsd / 1e6;
}

function usd(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2).replace('-', '−')} %`;
}
