import type { BookEvent } from '../book-event.ts';
import type { SymbolMarket } from '../symbol-market.ts';

/** What every agent sees of public news: moves of the value that all learn at one instant. */
export interface News {
  /** How far the publicly known value moved, ticks. */
  readonly moveTicks: number;
  /** The publicly known value after it, ticks. */
  readonly valueTicks: number;
  /** True when a private event became public: what flow may have told of it is now known. */
  readonly reveals: boolean;
}

/**
 * Acts when it is due, by commands to the market; learns of trades and news in between. Inside `onTrades` and `onNews`
 * an agent may only update itself and wake itself, so that the order of agents does not decide what they see.
 */
export interface Agent {
  /** Acts at `market.nowUs` and returns when it wants to act next. */
  act(market: SymbolMarket): number;
  onTrades?(event: BookEvent, market: SymbolMarket): void;
  onNews?(news: News, market: SymbolMarket): void;
  /** JSON-serialisable, all that changes. */
  state(): unknown;
  restore(state: unknown): void;
}
