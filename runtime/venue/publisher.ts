import type { BodyWriter } from '../fix/encoder.ts';
import { ACTION, ENTRY, MarketData } from '../fix/market-data.ts';
import { MarketDataWriter } from '../fix/market-data-writer.ts';
import type { Side } from '../instrument.ts';
import { LevelWindow } from './level-window.ts';
import type { Levels, Market, MarketEvent } from './market.ts';

/** Levels a side that 264=0 (the whole book) gets at most: what one message can always hold. */
const DEPTH_MAX = 500;

type Send = (msgType: string, write: (body: BodyWriter) => void) => void;

interface Published {
  readonly bids: LevelWindow;
  readonly asks: LevelWindow;
  readonly fillBids: (into: Levels) => void;
  readonly fillAsks: (into: Levels) => void;
}

export interface Subscription {
  /** MDReqID (262). */
  readonly requestId: string;
  /** MarketDepth (264), levels a side; 0 is the whole book. */
  readonly depth: number;
  readonly symbolIds: readonly number[];
}

/**
 * One subscriber's market data: a W for each symbol when it subscribes, then one X for each event of a symbol that
 * changed the levels it sees or traded. Trades come first, then deleted levels, then new and changed ones; quantities
 * are absolute totals of a level. Nothing is allocated for an X.
 */
export class MarketDataPublisher {
  readonly #market: Market;
  readonly #send: Send;
  readonly #writer: MarketDataWriter;
  readonly #message = new MarketData();
  /** By symbol id; undefined where nothing is subscribed. */
  #published: (Published | undefined)[] = [];
  #requestId = '';
  readonly #write = (body: BodyWriter) => {
    body.text(262, this.#requestId);
    this.#writer.write(this.#message, body);
  };

  constructor(market: Market, send: Send) {
    this.#market = market;
    this.#send = send;
    this.#writer = new MarketDataWriter(market.instruments);
  }

  /** Replaces what was subscribed before, and sends the snapshots. */
  subscribe(subscription: Subscription): void {
    this.cancel();
    this.#requestId = subscription.requestId;
    const depth = subscription.depth === 0 ? DEPTH_MAX : Math.min(subscription.depth, DEPTH_MAX);
    for (const symbolId of subscription.symbolIds) {
      const published = this.#open(symbolId, depth);
      this.#published[symbolId] = published;
      this.#refresh(published);
      this.#start(true, this.#market.timeUs);
      this.#addLevels(symbolId, published);
      if (this.#message.count === 0) this.#add(symbolId, ENTRY.EMPTY, ACTION.NEW, 0, 0, 0);
      this.#send('W', this.#write);
    }
  }

  cancel(): void {
    this.#published = [];
  }

  onEvent(event: MarketEvent): void {
    const published = this.#published[event.symbolId];
    if (published === undefined) return;
    const { bids, asks } = published;
    if (bids.reaches(event.touchedBidTicks)) bids.show(published.fillBids);
    else bids.skip();
    if (asks.reaches(event.touchedAskTicks)) asks.show(published.fillAsks);
    else asks.skip();
    this.#start(false, event.timeUs);
    for (let i = 0; i < event.tradeLots.length; i++) {
      const { tradePriceTicks, tradeLots, tradeAggressor } = event;
      this.#add(event.symbolId, ENTRY.TRADE, ACTION.NEW, tradePriceTicks[i], tradeLots[i], tradeAggressor[i]);
    }
    this.#addLevels(event.symbolId, published);
    if (this.#message.count > 0) this.#send('X', this.#write);
  }

  #open(symbolId: number, depth: number): Published {
    const fill = (side: Side) => (into: Levels) => this.#market.levels(symbolId, side, depth, into);
    return {
      bids: new LevelWindow('buy', depth),
      asks: new LevelWindow('sell', depth),
      fillBids: fill('buy'),
      fillAsks: fill('sell'),
    };
  }

  #refresh(published: Published): void {
    published.bids.show(published.fillBids);
    published.asks.show(published.fillAsks);
  }

  #start(snapshot: boolean, timeUs: number): void {
    this.#message.snapshot = snapshot;
    this.#message.timeUs = timeUs;
    this.#message.count = 0;
  }

  #addLevels(symbolId: number, { bids, asks }: Published): void {
    for (let i = 0; i < bids.count; i++) {
      this.#add(symbolId, ENTRY.BID, bids.action[i], bids.priceTicks[i], bids.lots[i], 0);
    }
    for (let i = 0; i < asks.count; i++) {
      this.#add(symbolId, ENTRY.OFFER, asks.action[i], asks.priceTicks[i], asks.lots[i], 0);
    }
  }

  #add(symbolId: number, type: number, action: number, priceTicks: number, lots: number, aggressor: number): void {
    const message = this.#message;
    const i = message.count++;
    message.symbolId[i] = symbolId;
    message.entryType[i] = type;
    message.action[i] = action;
    message.priceTicks[i] = priceTicks;
    message.quantityLots[i] = lots;
    message.aggressor[i] = aggressor;
  }
}
