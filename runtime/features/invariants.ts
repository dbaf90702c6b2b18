import { featureValues } from './causality.ts';
import type { Feature } from './feature.ts';
import type { MarketEvent } from './market-event.ts';

/** What a feature's definition leaves open, in words; undefined when all its invariants are stated. */
export function findMissingInvariant(feature: Partial<Feature>): string | undefined {
  const { name, unit, bounds, mirror, create } = feature;
  if (typeof name !== 'string' || name === '') return 'name';
  if (typeof unit !== 'string' || unit === '') return 'unit';
  if (bounds === undefined || !Number.isFinite(bounds.min) || !Number.isFinite(bounds.max)) return 'bounds';
  if (!(bounds.min < bounds.max)) return 'bounds';
  if (mirror !== 'odd' && mirror !== 'even') return 'mirror';
  return typeof create === 'function' ? undefined : 'create';
}

export interface BrokenInvariant {
  readonly feature: string;
  readonly invariant: 'bounds' | 'mirror' | 'lot size' | 'price level' | 'repeats';
  readonly eventIndex: number;
  readonly expected: number;
  readonly actual: number;
}

/** A market seen in a mirror, with larger lots, at another price: a feature's value has to follow, or stay. */
const worlds: readonly {
  readonly invariant: BrokenInvariant['invariant'];
  readonly turn: (event: MarketEvent) => MarketEvent;
  readonly expected: (value: number, feature: Feature) => number;
}[] = [
  { invariant: 'repeats', turn: (event) => event, expected: (value) => value },
  { invariant: 'mirror', turn: mirrored, expected: (value, { mirror }) => (mirror === 'odd' ? -value : value) },
  // A power of two: sums and ratios keep every bit.
  { invariant: 'lot size', turn: (event) => scaled(event, 4), expected: (value) => value },
  { invariant: 'price level', turn: (event) => shifted(event, 5000), expected: (value) => value },
];

/** Rounding of means of prices, which are large numbers. */
const TOLERANCE = 1e-6;
const MIRROR_SUM_TICKS = 60_000;

/**
 * Holds features to what they state: bounds, what a mirror does to them, and that neither the size of a lot nor where the
 * price stands is in them.
 */
export function findBrokenInvariant(
  features: readonly Feature[],
  events: readonly MarketEvent[],
): BrokenInvariant | undefined {
  const values = featureValues(features, events);
  for (const [f, feature] of features.entries()) {
    for (let i = 0; i < events.length; i++) {
      const actual = values[f]?.[i] ?? Number.NaN;
      const { min, max } = feature.bounds;
      if (actual >= min && actual <= max) continue;
      const expected = Math.max(min, Math.min(max, actual));
      return { feature: feature.name, invariant: 'bounds', eventIndex: i, expected, actual };
    }
  }
  for (const { invariant, turn, expected } of worlds) {
    const turned = featureValues(features, events.map(turn));
    for (const [f, feature] of features.entries()) {
      for (let i = 0; i < events.length; i++) {
        const wanted = expected(values[f]?.[i] ?? Number.NaN, feature);
        const actual = turned[f]?.[i] ?? Number.NaN;
        if (Math.abs(actual - wanted) <= TOLERANCE * Math.max(1, Math.abs(wanted))) continue;
        return { feature: feature.name, invariant, eventIndex: i, expected: wanted, actual };
      }
    }
  }
  return undefined;
}

function mirrored(event: MarketEvent): MarketEvent {
  return {
    ...event,
    levels: event.levels.map(({ side, priceTicks, lots }) => ({
      side: side === 'buy' ? 'sell' : 'buy',
      priceTicks: MIRROR_SUM_TICKS - priceTicks,
      lots,
    })),
    trades: event.trades.map(({ priceTicks, lots, aggressor }) => ({
      priceTicks: MIRROR_SUM_TICKS - priceTicks,
      lots,
      aggressor: aggressor === 1 ? -1 : aggressor === -1 ? 1 : 0,
    })),
  };
}

function scaled(event: MarketEvent, factor: number): MarketEvent {
  const times = <T extends { readonly lots: number }>(part: T): T => ({ ...part, lots: factor * part.lots });
  return { ...event, levels: event.levels.map(times), trades: event.trades.map(times) };
}

function shifted(event: MarketEvent, ticks: number): MarketEvent {
  const by = <T extends { readonly priceTicks: number }>(part: T): T => ({
    ...part,
    priceTicks: part.priceTicks + ticks,
  });
  return { ...event, levels: event.levels.map(by), trades: event.trades.map(by) };
}
