import { ACTION, ENTRY, MarketData } from '../fix/market-data.ts';
import { Ladder } from './ladder.ts';

/** A whole book at one time; levels in any order, quantities positive. */
export interface BookSnapshot {
  readonly timeUs: number;
  readonly bids: readonly (readonly [priceTicks: number, lots: number])[];
  readonly asks: readonly (readonly [priceTicks: number, lots: number])[];
}

/** Why a snapshot cannot be continued with: a domain outcome. The backfill stays where it was. */
export type SnapshotRefusal = 'TIME_NOT_AFTER' | 'CROSSED' | 'BAD_LEVEL';

/** One step from a book to the next: what a level becomes; 0 lots removes it. */
interface Step {
  readonly type: number;
  readonly priceTicks: number;
  readonly lots: number;
}

/**
 * Snapshots at intervals into a stream of updates, one level each, spread evenly over the time between.
 *
 * Exact: the stream rebuilds every snapshot at its time. Causal: what is told up to a snapshot's time depends on that
 * snapshot and earlier ones alone. Sound: the book is crossed at no moment, and time never runs backwards. What happened
 * and was undone between two snapshots, and every trade, is not in them and is not invented.
 */
export class Backfill {
  readonly #symbolId: number;
  readonly #emit: (message: MarketData) => void;
  readonly #message = new MarketData();
  readonly #bids = new Ladder(1, 64);
  readonly #asks = new Ladder(-1, 64);
  #timeUs = Number.NaN;

  /** @param emit is given each message; it is reused */
  constructor(symbolId: number, emit: (message: MarketData) => void) {
    this.#symbolId = symbolId;
    this.#emit = emit;
  }

  /** Tells what leads to the snapshot: itself, when it is the first. @returns why it cannot, having told nothing */
  take(snapshot: BookSnapshot): SnapshotRefusal | undefined {
    const refusal = this.#refusal(snapshot);
    if (refusal !== undefined) return refusal;
    const { timeUs } = snapshot;
    if (Number.isNaN(this.#timeUs)) this.#first(snapshot);
    else {
      const steps = this.#ordered(snapshot);
      const fromUs = this.#timeUs;
      for (const [i, step] of steps.entries()) {
        this.#begin(false, fromUs + Math.ceil(((i + 1) * (timeUs - fromUs)) / (steps.length + 1)));
        this.#put(step);
        this.#emit(this.#message);
      }
    }
    this.#timeUs = timeUs;
    return undefined;
  }

  #refusal({ timeUs, bids, asks }: BookSnapshot): SnapshotRefusal | undefined {
    if (!Number.isSafeInteger(timeUs) || timeUs <= this.#timeUs) return 'TIME_NOT_AFTER';
    for (const side of [bids, asks]) {
      const prices = new Set(side.map(([priceTicks]) => priceTicks));
      if (prices.size < side.length || side.some(([, lots]) => !(lots > 0))) return 'BAD_LEVEL';
    }
    const bid = bids.reduce((best, [priceTicks]) => Math.max(best, priceTicks), Number.NEGATIVE_INFINITY);
    const ask = asks.reduce((best, [priceTicks]) => Math.min(best, priceTicks), Number.POSITIVE_INFINITY);
    return bid > ask ? 'CROSSED' : undefined;
  }

  #first({ timeUs, bids, asks }: BookSnapshot): void {
    this.#begin(true, timeUs);
    for (const [priceTicks, lots] of bids) this.#put({ type: ENTRY.BID, priceTicks, lots });
    for (const [priceTicks, lots] of asks) this.#put({ type: ENTRY.OFFER, priceTicks, lots });
    if (this.#message.count === 0) this.#add(ACTION.NEW, ENTRY.EMPTY, 0, 0);
    this.#emit(this.#message);
  }

  /**
   * The steps in an order in which the book is never crossed and seldom wide. First the market moves: levels that the new
   * book crosses leave from the touch on, and each arrival that would have crossed them comes as soon as they have left.
   * Then the rest, arrivals from the touch on and departures from the far end on, by turns.
   */
  #ordered({ bids, asks }: BookSnapshot): Step[] {
    const arrivals: Step[] = [];
    const departures: Step[] = [];
    compare(this.#bids, ENTRY.BID, bids, arrivals, departures);
    compare(this.#asks, ENTRY.OFFER, asks, arrivals, departures);
    const bestBid = bids.reduce((best, [priceTicks]) => Math.max(best, priceTicks), Number.NEGATIVE_INFINITY);
    const bestAsk = asks.reduce((best, [priceTicks]) => Math.min(best, priceTicks), Number.POSITIVE_INFINITY);
    const isInTheWay = ({ type, priceTicks }: Step) =>
      type === ENTRY.BID ? priceTicks > bestAsk : priceTicks < bestBid;
    const steps = this.#moved(arrivals, departures.filter(isInTheWay));
    const farness = ({ type, priceTicks }: Step) => (type === ENTRY.BID ? bestBid - priceTicks : priceTicks - bestAsk);
    const coming = arrivals.filter((step) => !this.#crosses(step)).sort((x, y) => farness(x) - farness(y));
    const going = departures.filter((step) => !isInTheWay(step)).sort((x, y) => farness(y) - farness(x));
    for (let i = 0; i < Math.max(coming.length, going.length); i++) {
      const [arrival, departure] = [coming[i], going[i]];
      if (arrival !== undefined) steps.push(arrival);
      if (departure !== undefined) steps.push(departure);
    }
    return steps;
  }

  /** Levels in the way, from the touch on, each followed by the arrivals that nothing crosses any more. */
  #moved(arrivals: readonly Step[], inTheWay: readonly Step[]): Step[] {
    const sign = inTheWay[0]?.type === ENTRY.OFFER ? 1 : -1;
    const leaving = [...inTheWay].sort((a, b) => sign * (a.priceTicks - b.priceTicks));
    const waiting = arrivals.filter((step) => this.#crosses(step)).sort((a, b) => sign * (a.priceTicks - b.priceTicks));
    const steps: Step[] = [];
    let next = 0;
    for (const [i, level] of leaving.entries()) {
      steps.push(level);
      const bound = leaving[i + 1]?.priceTicks ?? sign * Number.POSITIVE_INFINITY;
      while (next < waiting.length && sign * ((waiting[next] as Step).priceTicks - bound) <= 0) {
        steps.push(waiting[next++] as Step);
      }
    }
    return [...steps, ...waiting.slice(next)];
  }

  /** Whether the level would cross the book as it stands. */
  #crosses({ type, priceTicks }: Step): boolean {
    if (type === ENTRY.BID) return this.#asks.count > 0 && priceTicks > this.#asks.priceTicks(0);
    return this.#bids.count > 0 && priceTicks < this.#bids.priceTicks(0);
  }

  #begin(snapshot: boolean, timeUs: number): void {
    this.#message.snapshot = snapshot;
    this.#message.timeUs = timeUs;
    this.#message.seqNum++;
    this.#message.count = 0;
  }

  #put({ type, priceTicks, lots }: Step): void {
    const side = type === ENTRY.BID ? this.#bids : this.#asks;
    const known = side.indexOf(priceTicks) >= 0;
    if (lots > 0) side.set(priceTicks, lots);
    else side.remove(priceTicks);
    this.#add(lots === 0 ? ACTION.DELETE : known ? ACTION.CHANGE : ACTION.NEW, type, priceTicks, lots);
  }

  #add(action: number, type: number, priceTicks: number, lots: number): void {
    const message = this.#message;
    const i = message.count++;
    message.symbolId[i] = this.#symbolId;
    message.action[i] = action;
    message.entryType[i] = type;
    message.priceTicks[i] = priceTicks;
    message.quantityLots[i] = lots;
  }
}

/** What has to come or change on a side, and what has to go. */
function compare(
  before: Ladder,
  type: number,
  after: BookSnapshot['bids'],
  arrivals: Step[],
  departures: Step[],
): void {
  const kept = new Set<number>();
  for (const [priceTicks, lots] of after) {
    kept.add(priceTicks);
    if (before.lotsAt(priceTicks) !== lots) arrivals.push({ type, priceTicks, lots });
  }
  for (let i = 0; i < before.count; i++) {
    const priceTicks = before.priceTicks(i);
    if (!kept.has(priceTicks)) departures.push({ type, priceTicks, lots: 0 });
  }
}
