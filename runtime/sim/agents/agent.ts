import type { BookEvent, Sign } from '../book-event.ts';
import type { MatchingBook, OrderKind } from '../matching-book.ts';

/** What every agent sees of public news: moves of the value that all learn at one instant. */
export interface News {
  /** How far the publicly known value moved, ticks. */
  readonly moveTicks: number;
  /** The publicly known value after it, ticks. */
  readonly valueTicks: number;
  /** True when a private event became public: what flow may have told of it is now known. */
  readonly reveals: boolean;
}

/** The trading floor as an agent sees it: the public book, the time, and how lively the day is. */
export interface Floor {
  /** Event time, µs since the epoch. */
  readonly nowUs: number;
  /** To be read; commands go through the floor. */
  readonly book: MatchingBook;
  /** Factor of the volatility regime; arrivals scale with it. */
  readonly activity: number;
  /** See `MatchingBook.submit` and `cancel`. */
  submit(owner: number, sign: Sign, priceTicks: number, lots: number, kind: OrderKind): number;
  cancel(orderId: number): number;
  /** The agent with this owner number acts at `timeUs` if not before. */
  wake(owner: number, timeUs: number): void;
}

/**
 * Acts when it is due, by commands to the floor; learns of trades and news in between. Inside `onTrades` and `onNews`
 * an agent may only update itself and wake itself, so that the order of agents does not decide what they see.
 */
export interface Agent {
  /** Acts at `floor.nowUs` and returns when it wants to act next. */
  act(floor: Floor): number;
  onTrades?(event: BookEvent, floor: Floor): void;
  onNews?(news: News, floor: Floor): void;
  /** JSON-serialisable, all that changes. */
  state(): unknown;
  restore(state: unknown): void;
}
