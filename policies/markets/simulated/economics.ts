import type { SymbolProfile } from '../../../runtime/sim/profile.ts';
import { type Forecastability, forecastability } from './forecastability.ts';
import { oracle, patientPoster } from './probes.ts';
import { type Mean, summarise } from './ridge.ts';
import { samplesOf } from './samples.ts';

/** What one symbol pays for, with the informed trading or without. */
export interface Economics {
  readonly informed: boolean;
  /** By horizon in seconds. */
  readonly forecast: Readonly<Record<string, Forecastability>>;
  /** Ticks a secret, to one who knows its sign from a third of its window on. */
  readonly oracleTicks: Mean;
  /** Ticks per lot and minute, to one who rests orders at both touches and knows nothing. */
  readonly posterTicks: Mean;
}

export interface EconomicsOptions {
  readonly informed: boolean;
  /** Half of them are fitted on, half judged on. */
  readonly seeds: readonly number[];
  /** Seeds on which the oracle and the poster trade. */
  readonly probeSeeds: readonly number[];
  readonly minutes: number;
  readonly horizonsSeconds: readonly number[];
}

export function economicsOf(profile: SymbolProfile, options: EconomicsOptions): Economics {
  const { informed, seeds, probeSeeds, minutes, horizonsSeconds } = options;
  const { takerFeeMicroUsdPerLot, microUsdPerHalfTickLot } = profile.instrument;
  const takerFeeTicks = takerFeeMicroUsdPerLot / (2 * microUsdPerHalfTickLot);
  const lots = Math.max(1, Math.round(profile.makers.lots / 10));
  const samples = seeds.map((seed) => samplesOf(profile, { seed, informed, minutes }));
  return {
    informed,
    forecast: Object.fromEntries(
      horizonsSeconds.map((horizon) => [horizon, forecastability(samples, horizon, takerFeeTicks)]),
    ),
    oracleTicks: summarise(probeSeeds.flatMap((seed) => oracle(profile, { seed, informed, minutes }, lots))),
    posterTicks: summarise(probeSeeds.map((seed) => patientPoster(profile, { seed, informed, minutes }, lots))),
  };
}
