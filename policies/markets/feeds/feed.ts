/** What a venue's own recording says, event by event, in its own decimal text: nothing is rounded before it is checked. */

export type FeedLevel = readonly [price: string, quantity: string];

export interface FeedTrade {
  readonly price: string;
  readonly quantity: string;
  /** +1 the buyer was the aggressor, −1 the seller, 0 not told. */
  readonly aggressor: 1 | -1 | 0;
}

/** What the venue itself says its book is after the event. */
export interface FeedWitness {
  /** CRC32 over the ten best levels, as Kraken defines it. */
  readonly crc32?: number;
  /** Best bid and best ask. */
  readonly best?: { readonly bid: FeedLevel; readonly ask: FeedLevel };
  /** The update says which one it follows, and it was checked. */
  readonly continues?: boolean;
}

/** One message of a feed about one symbol. Quantities are what a level becomes; zero removes it. */
export interface FeedEvent {
  /** File and line, for a report. */
  readonly where: string;
  readonly symbol: string;
  /** Event time, microseconds since the epoch. */
  readonly timeUs: number;
  /** The levels are all there are. */
  readonly snapshot: boolean;
  readonly bids: readonly FeedLevel[];
  readonly asks: readonly FeedLevel[];
  readonly trades: readonly FeedTrade[];
  /** Levels a side that the subscription keeps: what falls behind is dropped by either end. @default all */
  readonly depth?: number;
  /** With how many decimals the venue prints the symbol, where it says so. */
  readonly decimals?: { readonly price: number; readonly quantity: number };
  readonly witness?: FeedWitness;
  /** The feed contradicts itself here, in words. */
  readonly problem?: string;
}

/** A recording that can be read as often as needed, with the same events each time. */
export interface Feed {
  /** For the log's metadata. */
  readonly description: string;
  /** The venue's fees, in hundredths of a percent of the notional, where it states them so. */
  readonly takerBps: number;
  readonly makerBps: number;
  /** @throws BadInput */
  events(): AsyncIterable<FeedEvent>;
}

/** False for an event that only tells of a problem. */
export function saysSomething({ snapshot, bids, asks, trades }: FeedEvent): boolean {
  return snapshot || bids.length + asks.length + trades.length > 0;
}
