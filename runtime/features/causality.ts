import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Feature } from './feature.ts';
import { EventPlayer, type MarketEvent } from './market-event.ts';
import { RandomEvents } from './random-events.ts';

/** What a feature over whole columns is given, one per event: the touch after it and what it traded. */
export interface EventRow {
  readonly timeUs: number;
  /** NaN when the side is empty. */
  readonly bidPriceTicks: number;
  readonly bidLots: number;
  readonly askPriceTicks: number;
  readonly askLots: number;
  readonly midHalfTicks: number;
  readonly buyLots: number;
  readonly sellLots: number;
  readonly trades: number;
}

/**
 * A feature written over whole columns, as notebooks have it. It can be judged here and never served: a column is where
 * look-ahead hides (centred windows, scaling by the whole day, filling from later rows).
 */
export interface ColumnFeature extends Pick<Feature, 'name' | 'unit' | 'bounds'> {
  /** One value per row. */
  column(rows: readonly EventRow[]): ArrayLike<number>;
}

export type AnyFeature = Omit<Feature, 'mirror'> | ColumnFeature;

/** A feature that knew what was yet to come. */
export interface LookAhead {
  readonly feature: string;
  /** The value of this event … */
  readonly eventIndex: number;
  /** … changed although nothing up to this event did. */
  readonly unchangedUpTo: number;
  readonly before: number;
  readonly after: number;
}

/** A value outside its feature's stated bounds, or not finite. */
export interface OutOfBounds {
  readonly feature: string;
  readonly eventIndex: number;
  readonly value: number;
}

/**
 * Changes the future and looks whether the past moves. For each of several instants, everything after it is replaced
 * (by another market, by nothing), all values are computed anew, and those up to the instant must be the same bit for
 * bit. What a feature keeps outside its own state shows too: it is then told apart by the second run.
 *
 * @param events the first must be a snapshot
 * @param cuts how many instants to try, spread over the events
 */
export function findLookAhead(
  features: readonly AnyFeature[],
  events: readonly MarketEvent[],
  cuts = 8,
): LookAhead | undefined {
  const original = featureValues(features, events);
  for (let cut = 1; cut <= cuts; cut++) {
    const kept = Math.max(1, Math.floor((cut * events.length) / (cuts + 1)));
    const past = events.slice(0, kept);
    const otherFuture = new RandomEvents('other future', cut).follow(past).take(events.length - kept);
    for (const future of [otherFuture, []]) {
      const found = difference(features, original, featureValues(features, [...past, ...future]), kept);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The first value that breaks its feature's bounds. */
export function findOutOfBounds(
  features: readonly AnyFeature[],
  events: readonly MarketEvent[],
): OutOfBounds | undefined {
  const values = featureValues(features, events);
  for (const [f, { name, bounds }] of features.entries()) {
    for (let i = 0; i < events.length; i++) {
      const value = values[f]?.[i] ?? Number.NaN;
      if (!(value >= bounds.min && value <= bounds.max)) return { feature: name, eventIndex: i, value };
    }
  }
  return undefined;
}

/** Every `feature` exported by the modules of a folder, by file name; tests and `index.ts` are passed over. */
export async function loadFeatures(directory: string): Promise<AnyFeature[]> {
  const files = readdirSync(directory)
    .filter((file) => /\.(ts|js|mjs)$/.test(file) && !/\.test\.|\.d\.ts$|^index\./.test(file))
    .sort();
  if (files.length === 0) throw new Error(`${directory}: has no features (0 modules), at least 1 is allowed`);
  return Promise.all(files.map((file) => loadFeature(path.resolve(directory, file))));
}

async function loadFeature(file: string): Promise<AnyFeature> {
  const module: { feature?: Partial<Feature & ColumnFeature> } = await import(pathToFileURL(file).href);
  const { feature } = module;
  const sound =
    typeof feature?.name === 'string' &&
    typeof feature.unit === 'string' &&
    typeof feature.bounds?.min === 'number' &&
    typeof feature.bounds.max === 'number' &&
    (typeof feature.create === 'function' || typeof feature.column === 'function');
  if (!sound) {
    const exported = Object.keys(module).join(', ') || 'nothing';
    throw new Error(
      `${file}: exports no feature (${exported}), \`feature\` with name, unit, bounds and create or column is allowed`,
    );
  }
  return feature as AnyFeature;
}

/** Values by feature, then by event; the first event must be a snapshot. */
export function featureValues(features: readonly AnyFeature[], events: readonly MarketEvent[]): ArrayLike<number>[] {
  const rows: EventRow[] = [];
  const running = features.map((feature) => ('create' in feature ? feature.create() : undefined));
  const values = features.map(() => new Float64Array(events.length));
  const player = new EventPlayer();
  for (const [i, event] of events.entries()) {
    player.play(event, (book, change) => {
      for (const [f, state] of running.entries()) {
        if (state === undefined) continue;
        state.onChange(book.others, change);
        (values[f] as Float64Array)[i] = state.value(book.others, change.timeUs);
      }
      const [bids, asks] = [book.bidCount > 0, book.askCount > 0];
      rows.push({
        timeUs: change.timeUs,
        bidPriceTicks: bids ? book.bidPriceTicks(0) : Number.NaN,
        bidLots: bids ? book.bidLots(0) : 0,
        askPriceTicks: asks ? book.askPriceTicks(0) : Number.NaN,
        askLots: asks ? book.askLots(0) : 0,
        midHalfTicks: book.midHalfTicks(),
        buyLots: change.buyLots,
        sellLots: change.sellLots,
        trades: change.trades,
      });
    });
  }
  return features.map((feature, f) => ('create' in feature ? (values[f] as Float64Array) : feature.column(rows)));
}

function difference(
  features: readonly AnyFeature[],
  original: readonly ArrayLike<number>[],
  changed: readonly ArrayLike<number>[],
  kept: number,
): LookAhead | undefined {
  for (let i = 0; i < kept; i++) {
    for (const [f, { name }] of features.entries()) {
      const before = original[f]?.[i] ?? Number.NaN;
      const after = changed[f]?.[i] ?? Number.NaN;
      if (!Object.is(before, after)) return { feature: name, eventIndex: i, unchangedUpTo: kept - 1, before, after };
    }
  }
  return undefined;
}
