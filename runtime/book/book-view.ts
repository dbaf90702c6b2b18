/** What may be read of a book. Levels are counted from the touch: `i = 0` is the best. */
export interface BookView {
  /** The instrument's id in the `InstrumentTable`. */
  readonly symbolId: number;
  /** `empty`: no snapshot yet; `live`: in step with the venue; `stale`: not to be used until the next snapshot. */
  readonly status: BookStatus;
  /** Event time of the latest message applied, microseconds since the epoch; 0 before the first. */
  readonly timeUs: number;
  readonly bidCount: number;
  readonly askCount: number;
  /** Meaningful for `0 ≤ i < bidCount` only, and so on. */
  bidPriceTicks(i: number): number;
  bidLots(i: number): number;
  askPriceTicks(i: number): number;
  askLots(i: number): number;
  /** The best bid is above the best ask. Equal prices are locked, not crossed. */
  readonly crossed: boolean;
  /** Best bid + best ask, in half-ticks; NaN when a side is empty. */
  midHalfTicks(): number;
  /** Best ask − best bid; NaN when a side is empty. */
  spreadTicks(): number;
}

export type BookStatus = 'empty' | 'live' | 'stale';
