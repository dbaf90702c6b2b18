import type { Levels } from './levels.ts';

/**
 * One side of a book: price levels sorted with the best last, so that a change near the touch moves few entries.
 *
 * A bid's key is its price, an ask's the negated price: the best level has the greatest key on both sides, and one
 * ordering serves both. Capacity doubles when a level finds no room; nothing else allocates.
 */
export class Ladder implements Levels {
  readonly #sign: 1 | -1;
  #keys: Int32Array;
  #lots: Float64Array;
  #count = 0;

  /** `sign` +1 for bids (the highest price is best), −1 for asks. */
  constructor(sign: 1 | -1, capacity: number) {
    this.#sign = sign;
    this.#keys = new Int32Array(Math.max(1, capacity));
    this.#lots = new Float64Array(Math.max(1, capacity));
  }

  /** Levels present. */
  get count(): number {
    return this.#count;
  }

  /** Price of the `i`-th level, 0 being the best; meaningful for `0 ≤ i < count` only. */
  priceTicks(i: number): number {
    // `| 0`: a price of 0 is never −0.
    return (this.#sign * this.#keys[this.#count - 1 - i]) | 0;
  }

  /** Quantity of the `i`-th level, 0 being the best; meaningful for `0 ≤ i < count` only. */
  lots(i: number): number {
    return this.#lots[this.#count - 1 - i];
  }

  /** Rank of a price, 0 being the best; −1 when there is no such level. */
  indexOf(priceTicks: number): number {
    const key = this.#sign * priceTicks;
    const at = this.#lowerBound(key);
    return at < this.#count && this.#keys[at] === key ? this.#count - 1 - at : -1;
  }

  /** Quantity at a price; 0 when there is no such level. */
  lotsAt(priceTicks: number): number {
    const i = this.indexOf(priceTicks);
    return i < 0 ? 0 : this.lots(i);
  }

  /** Sets a level's quantity, adding the level when it is new. `lots` must be positive. */
  set(priceTicks: number, lots: number): void {
    const key = this.#sign * priceTicks;
    const at = this.#lowerBound(key);
    if (at === this.#count || this.#keys[at] !== key) this.#insert(at, key);
    this.#lots[at] = lots;
  }

  /** Adds a level that is better than all others; false, with nothing done, when it is not. `lots` must be positive. */
  push(priceTicks: number, lots: number): boolean {
    const key = this.#sign * priceTicks;
    const at = this.#count;
    if (at > 0 && this.#keys[at - 1] >= key) return false;
    if (at === this.#keys.length) this.#grow();
    this.#keys[at] = key;
    this.#lots[at] = lots;
    this.#count++;
    return true;
  }

  /** Removes a level; false when there is none at that price. */
  remove(priceTicks: number): boolean {
    const key = this.#sign * priceTicks;
    const at = this.#lowerBound(key);
    if (at === this.#count || this.#keys[at] !== key) return false;
    this.#keys.copyWithin(at, at + 1, this.#count);
    this.#lots.copyWithin(at, at + 1, this.#count);
    this.#count--;
    return true;
  }

  clear(): void {
    this.#count = 0;
  }

  /** First position whose key is not less than `key`. */
  #lowerBound(key: number): number {
    let low = 0;
    let high = this.#count;
    // Levels that are told in order come one behind the other.
    if (high > 0 && this.#keys[high - 1] < key) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, key: number): void {
    if (this.#count === this.#keys.length) this.#grow();
    // A level that comes last moves none; most of a snapshot's do.
    if (at < this.#count) {
      this.#keys.copyWithin(at + 1, at, this.#count);
      this.#lots.copyWithin(at + 1, at, this.#count);
    }
    this.#keys[at] = key;
    this.#count++;
  }

  #grow(): void {
    const keys = new Int32Array(2 * this.#keys.length);
    const lots = new Float64Array(2 * this.#lots.length);
    keys.set(this.#keys);
    lots.set(this.#lots);
    this.#keys = keys;
    this.#lots = lots;
  }
}
