/** What may be read of one side's levels, 0 being the best. */
export interface Levels {
  readonly count: number;
  /** Meaningful for `0 ≤ i < count` only, like `lots`. */
  priceTicks(i: number): number;
  lots(i: number): number;
  /** Rank of a price; −1 when there is no such level. */
  indexOf(priceTicks: number): number;
  /** Quantity at a price; 0 when there is no such level. */
  lotsAt(priceTicks: number): number;
}
