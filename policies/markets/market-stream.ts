import { ENTRY, MarketData } from '../../runtime/fix/market-data.ts';
import { LevelWindow } from '../../runtime/venue/level-window.ts';
import type { Market, MarketEvent } from '../../runtime/venue/market.ts';

/**
 * What a subscriber to `depth` levels a side would be told of a market, without a wire between: a snapshot of every
 * symbol, then one update an event that changed what it sees or traded. The message is reused.
 *
 * Advances the market by `seconds` at each call of `advance`.
 */
export class MarketStream {
  readonly #market: Market;
  readonly #onMessage: (message: MarketData) => void;
  readonly #message = new MarketData();
  readonly #bids: readonly LevelWindow[];
  readonly #asks: readonly LevelWindow[];
  readonly #depth: number;

  constructor(market: Market, depth: number, onMessage: (message: MarketData) => void) {
    this.#market = market;
    this.#depth = depth;
    this.#onMessage = onMessage;
    this.#bids = market.instruments.list.map(() => new LevelWindow('buy', depth));
    this.#asks = market.instruments.list.map(() => new LevelWindow('sell', depth));
    market.listen({ onFill: () => {}, onEvent: (event) => this.#onEvent(event) });
    for (const symbolId of market.instruments.list.keys()) this.#tell(symbolId, market.timeUs, true, undefined);
  }

  advance(seconds: number): void {
    this.#market.advanceTo(this.#market.timeUs + seconds * 1e6);
  }

  #onEvent(event: MarketEvent): void {
    this.#tell(event.symbolId, event.timeUs, false, event);
  }

  #tell(symbolId: number, timeUs: number, snapshot: boolean, event: MarketEvent | undefined): void {
    const message = this.#message;
    message.count = 0;
    message.seqNum++;
    message.timeUs = timeUs;
    message.snapshot = snapshot;
    for (const [i, lots] of (event?.tradeLots ?? []).entries()) {
      this.#put(symbolId, 0, ENTRY.TRADE, event?.tradePriceTicks[i] ?? 0, lots, event?.tradeAggressor[i] ?? 0);
    }
    const bids = this.#bids[symbolId] as LevelWindow;
    const asks = this.#asks[symbolId] as LevelWindow;
    if (event === undefined || bids.reaches(event.touchedBidTicks)) this.#show(symbolId, 'buy', ENTRY.BID, bids);
    if (event === undefined || asks.reaches(event.touchedAskTicks)) this.#show(symbolId, 'sell', ENTRY.OFFER, asks);
    if (snapshot && message.count === 0) this.#put(symbolId, 0, ENTRY.EMPTY, 0, 0, 0);
    if (message.count > 0) this.#onMessage(message);
  }

  #show(symbolId: number, side: 'buy' | 'sell', type: number, window: LevelWindow): void {
    window.show((into) => this.#market.levels(symbolId, side, this.#depth, into));
    for (let i = 0; i < window.count; i++) {
      this.#put(
        symbolId,
        window.action[i] as number,
        type,
        window.priceTicks[i] as number,
        window.lots[i] as number,
        0,
      );
    }
  }

  #put(symbolId: number, action: number, type: number, ticks: number, lots: number, aggressor: number): void {
    const message = this.#message;
    const i = message.count++;
    message.symbolId[i] = symbolId;
    message.action[i] = action;
    message.entryType[i] = type;
    message.priceTicks[i] = ticks;
    message.quantityLots[i] = lots;
    message.aggressor[i] = aggressor;
  }
}
