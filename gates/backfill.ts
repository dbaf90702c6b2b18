/** Snapshots into a stream: exact, causal and sound, on the candidate's own market. */
import type { Slice } from '../policies/evaluation/slice.ts';
import { Backfill, type BookSnapshot } from '../runtime/book/backfill.ts';
import type { MarketEvent } from '../runtime/features/market-event.ts';
import { ACTION, ENTRY } from '../runtime/fix/market-data.ts';
import { InstrumentTable } from '../runtime/instrument.ts';
import type { Candidate, Finding, Gate, GateContext } from './gate.ts';
import { gateSlice } from './gate-slice.ts';
import { recordMarket } from './market-recording.ts';
import { thresholds as allThresholds } from './thresholds.ts';

const thresholds = allThresholds.backfill;

const SLICE_SECONDS = 600;
const INTERVALS_SECONDS = [1, 10] as const;

/** All that is told between snapshots, and at the first of them. */
export type BackfillMethod = (snapshots: readonly BookSnapshot[]) => readonly MarketEvent[];

export const backfill: Gate = {
  name: 'backfill',
  proves: 'the stream made of snapshots gives each of them back, tells nothing early, and never crosses',
  run: (candidate, context) => judgeBackfill(productBackfill, candidate, context),
};

/** The gate with a method to be judged. */
export async function judgeBackfill(
  method: BackfillMethod,
  _candidate: Candidate,
  context: GateContext,
): Promise<Finding> {
  const slice = gateSlice(context, 'backfill', SLICE_SECONDS);
  const measured: Record<string, number | string> = { snapshots: 0, events: 0 };
  for (const seconds of INTERVALS_SECONDS) {
    for (const { symbol, snapshots } of thinned(slice, context, seconds)) {
      if (snapshots.length < thresholds.snapshotsMin) {
        throw new Error(
          `backfill: ${symbol} has too few snapshots (${snapshots.length}), at least ${thresholds.snapshotsMin} are needed`,
        );
      }
      const events = method(snapshots);
      measured['snapshots'] = Number(measured['snapshots']) + snapshots.length;
      measured['events'] = Number(measured['events']) + events.length;
      const problem = findBackfillDefect(method, snapshots, events);
      if (problem === undefined) continue;
      const because = `${symbol}, a snapshot every ${seconds} s: ${problem}`;
      return { status: 'failed', because, measured, thresholds };
    }
    context.progress(seconds === INTERVALS_SECONDS[0] ? 0.5 : 1);
  }
  const because = `${measured['snapshots']} snapshots every 1 s and 10 s came back exactly from ${measured['events']} events, none of them early`;
  return { status: 'passed', because, measured, thresholds };
}

export const productBackfill: BackfillMethod = (snapshots) => {
  const events: MarketEvent[] = [];
  const made = new Backfill(0, ({ timeUs, snapshot, count, entryType, priceTicks, quantityLots, action }) => {
    const levels = Array.from({ length: count }, (_, i) => ({
      side: entryType[i] === ENTRY.BID ? ('buy' as const) : ('sell' as const),
      priceTicks: priceTicks[i] as number,
      lots: action[i] === ACTION.DELETE ? 0 : (quantityLots[i] as number),
    }));
    events.push({ timeUs, snapshot, levels: levels.filter((_, i) => entryType[i] !== ENTRY.EMPTY), trades: [] });
  });
  for (const snapshot of snapshots) {
    const refusal = made.take(snapshot);
    if (refusal !== undefined) throw new Error(`backfill: a snapshot of a sound market is refused (${refusal})`);
  }
  return events;
};

type Side = Map<number, number>;

/** The first thing that a stream does which none made of these snapshots may do. */
export function findBackfillDefect(
  method: BackfillMethod,
  snapshots: readonly BookSnapshot[],
  events: readonly MarketEvent[] = method(snapshots),
): string | undefined {
  return unsound(snapshots, events) ?? early(method, snapshots, events);
}

/** Follows the stream in a plain map, which shares no code with the book or the backfill. */
function unsound(snapshots: readonly BookSnapshot[], events: readonly MarketEvent[]): string | undefined {
  const [bids, asks]: [Side, Side] = [new Map(), new Map()];
  let lastUs = Number.NEGATIVE_INFINITY;
  let next = 0;
  for (const [s, snapshot] of snapshots.entries()) {
    for (; next < events.length; next++) {
      const event = events[next] as MarketEvent;
      if (event.timeUs > snapshot.timeUs) break;
      if (event.timeUs < lastUs) return `time runs backwards by ${lastUs - event.timeUs} µs at event ${next}`;
      lastUs = event.timeUs;
      if (event.snapshot) for (const side of [bids, asks]) side.clear();
      for (const { side, priceTicks, lots } of event.levels) {
        if (lots === 0) (side === 'buy' ? bids : asks).delete(priceTicks);
        else (side === 'buy' ? bids : asks).set(priceTicks, lots);
      }
      if (Math.max(...bids.keys()) > Math.min(...asks.keys())) return `the book is crossed after event ${next}`;
    }
    const wrong = difference('bid', bids, snapshot.bids) ?? difference('ask', asks, snapshot.asks);
    if (wrong !== undefined) return `snapshot ${s} of ${snapshots.length} does not come back: ${wrong}`;
  }
  return next === events.length ? undefined : `event ${next} comes after the last snapshot`;
}

function difference(name: string, side: Side, levels: BookSnapshot['bids']): string | undefined {
  for (const [priceTicks, lots] of levels) {
    if (side.get(priceTicks) !== lots)
      return `the ${name} at ${priceTicks} is ${side.get(priceTicks) ?? 0}, not ${lots}`;
  }
  if (side.size === levels.length) return undefined;
  return `it has ${side.size} ${name}s, not ${levels.length}`;
}

/** Another future after a snapshot must leave all that is told up to its time as it was. */
function early(
  method: BackfillMethod,
  snapshots: readonly BookSnapshot[],
  events: readonly MarketEvent[],
): string | undefined {
  for (let cut = 1; cut <= thresholds.cutsMin; cut++) {
    const kept = Math.max(1, Math.floor((cut * snapshots.length) / (thresholds.cutsMin + 1)));
    const untilUs = snapshots[kept - 1]?.timeUs ?? Number.NaN;
    const other = method([...snapshots.slice(0, kept), ...snapshots.slice(kept).map(doubled)]);
    const told = (all: readonly MarketEvent[]) => JSON.stringify(all.filter(({ timeUs }) => timeUs <= untilUs));
    if (told(events) !== told(other)) {
      return `what is told up to snapshot ${kept - 1} depends on a later one`;
    }
  }
  return undefined;
}

/** The same prices with twice the lots, and one level fewer. */
function doubled({ timeUs, bids, asks }: BookSnapshot): BookSnapshot {
  const twice = (side: BookSnapshot['bids']) => side.slice(1).map(([price, lots]) => [price, 2 * lots] as const);
  return { timeUs, bids: twice(bids), asks: twice(asks) };
}

function thinned(
  slice: Slice,
  { config }: GateContext,
  everySeconds: number,
): { readonly symbol: string; readonly snapshots: BookSnapshot[] }[] {
  const recorded = recordMarket(slice, new InstrumentTable(config.instruments), config.marketDepthLevels);
  return recorded.map(({ symbol, events }) => ({ symbol, snapshots: snapshotsOf(events, everySeconds * 1e6) }));
}

/** What the market was at each multiple of the interval. */
function snapshotsOf(events: readonly MarketEvent[], everyUs: number): BookSnapshot[] {
  const sides = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  const snapshots: BookSnapshot[] = [];
  let nextUs = Math.ceil((events[0]?.timeUs ?? 0) / everyUs) * everyUs;
  for (const { timeUs, levels } of events) {
    for (; timeUs > nextUs; nextUs += everyUs) {
      snapshots.push({ timeUs: nextUs, bids: [...sides.buy], asks: [...sides.sell] });
    }
    for (const { side, priceTicks, lots } of levels) {
      if (lots === 0) sides[side].delete(priceTicks);
      else sides[side].set(priceTicks, lots);
    }
  }
  return snapshots;
}
