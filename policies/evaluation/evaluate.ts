import type { PnlParts } from '../../runtime/attribution/attribution.ts';
import { backtest } from '../../runtime/backtest.ts';
import type { Limits, RuntimeConfig } from '../../runtime/contract.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { RealisedForecasts } from '../../runtime/telemetry/realised.ts';
import { rankCorrelation } from './significance.ts';
import { openSlice, type Slice } from './slice.ts';
import { type Strategy, traderOf } from './strategy.ts';

/** What one strategy did on one slice, in closed loop, after costs. */
export interface SliceOutcome {
  readonly pnl: PnlParts;
  readonly pnlUsd: number;
  readonly fills: number;
  readonly decisions: number;
  readonly flat: boolean;
  /** Spearman correlation of forecasts with what happened, per horizon; null where it cannot be told. */
  readonly informationCoefficients: readonly (number | null)[];
  readonly decisionDigest: string;
}

const PAIRS = 1_000_000;

/** Runs the real runtime on the slice. Deterministic: the same arguments give the same outcome anywhere. */
export function evaluateSlice(strategy: Strategy, slice: Slice, config: RuntimeConfig, limits: Limits): SliceOutcome {
  const symbols = config.instruments.length;
  const trader = traderOf(strategy, symbols);
  const { horizons } = trader.forecaster;
  const opened = openSlice(slice);
  const realised = new RealisedForecasts(symbols, horizons, PAIRS);
  let runtime: Runtime | undefined;
  try {
    const result = backtest({
      ...opened,
      config,
      limits,
      policy: { forecaster: trader.forecaster, planner: trader.planner },
      onStart: (started) => {
        runtime = started;
      },
      observer: {
        onForecast: (symbolId, timeUs, forecast) => {
          if (timeUs < (opened.tradeFromUs ?? 0)) return;
          const { pipeline } = runtime as Runtime;
          realised.onForecast(symbolId, forecast, pipeline.books.of(symbolId).others.midHalfTicks(), (horizon) =>
            pipeline.volatilityTicks(symbolId, (horizons[horizon] ?? 0) * config.decisionIntervalUs),
          );
        },
      },
    });
    return {
      pnl: result.pnl,
      pnlUsd: result.pnl.total / 1e6,
      fills: result.fills,
      decisions: result.decisions,
      flat: result.flat,
      informationCoefficients: horizons.map((_, horizon) => correlationOf(realised, horizon)),
      decisionDigest: result.decisionDigest,
    };
  } finally {
    trader.dispose();
  }
}

function correlationOf(realised: RealisedForecasts, horizon: number): number | null {
  const pairs = realised.pairs.filter((pair) => pair.horizon === horizon);
  const correlation = rankCorrelation(
    pairs.map((pair) => pair.mean),
    pairs.map((pair) => pair.realised),
  );
  return Number.isNaN(correlation) ? null : correlation;
}
