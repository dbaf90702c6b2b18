import { ACTION } from '../fix/market-data.ts';
import { Ladder } from './ladder.ts';
import type { Levels } from './levels.ts';

/** Ticks that have a place of their own, and how many of them lie at or below the best level when the places move. */
const PLACES = 1024;
const BELOW = 768;
/** A level this near to the best one belongs among the places. */
const NEAR = PLACES / 2;

/**
 * One side of a displayed book: a place for every tick about the touch, where a change costs the same wherever it is, and
 * the levels further away sorted. Keys are as in `Ladder`: the price of a bid, the negated price of an ask, so that the
 * best level has the greatest. Every level whose key is at least `base` has a place; all others are `#far`.
 *
 * Allocates only when more levels are far away, or are read, than ever before.
 */
export class TouchLadder implements Levels {
  readonly #sign: 1 | -1;
  /** Quantity at key `base + i`; 0 where there is no level. */
  readonly #lots = new Float64Array(PLACES);
  /** A bit for each place that has a level. */
  readonly #taken = new Int32Array(PLACES / 32);
  /** By key, the furthest level last: a snapshot tells the nearest first, and nothing has to move for the next. */
  readonly #far: Ladder;
  #base = 0;
  /** The best level's place; −1 when no place has a level. */
  #best = -1;
  #near = 0;
  /** Places of the first levels, as far as somebody has asked since levels came or went. */
  #ranked: Int32Array;
  #rankedCount = 0;

  /** `sign` +1 for bids (the highest price is best), −1 for asks. */
  constructor(sign: 1 | -1, capacity: number) {
    this.#sign = sign;
    this.#far = new Ladder(-1, capacity);
    this.#ranked = new Int32Array(Math.max(1, Math.min(PLACES, capacity)));
  }

  /** Levels present. */
  get count(): number {
    return this.#near + this.#far.count;
  }

  /** Price of the `i`-th level, 0 being the best; meaningful for `0 ≤ i < count` only. */
  priceTicks(i: number): number {
    const key = i < this.#near ? this.#base + this.#placeOf(i) : this.#far.priceTicks(this.count - 1 - i);
    // `| 0`: a price of 0 is never −0.
    return (this.#sign * key) | 0;
  }

  /** Quantity of the `i`-th level, 0 being the best; meaningful for `0 ≤ i < count` only. */
  lots(i: number): number {
    return i < this.#near ? this.#lots[this.#placeOf(i)] : this.#far.lots(this.count - 1 - i);
  }

  /** Rank of a price, 0 being the best; −1 when there is no such level. */
  indexOf(priceTicks: number): number {
    const key = this.#sign * priceTicks;
    const place = key - this.#base;
    if (place < 0) {
      const i = this.#far.indexOf(key);
      return i < 0 ? -1 : this.count - 1 - i;
    }
    if (!(place < PLACES && this.#lots[place] > 0)) return -1;
    let rank = 0;
    for (let at = this.#best; at > place; at = this.#below(at)) rank++;
    return rank;
  }

  /** Quantity at a price; 0 when there is no such level. */
  lotsAt(priceTicks: number): number {
    const key = this.#sign * priceTicks;
    const place = key - this.#base;
    if (place >= PLACES) return 0;
    return place < 0 ? this.#far.lotsAt(key) : this.#lots[place];
  }

  /**
   * Adds, changes or removes a level. `lots` must be positive, and 0 on a delete.
   * @returns false when that contradicts what is there, and nothing was done
   */
  apply(action: number, priceTicks: number, lots: number): boolean {
    const key = (this.#sign * priceTicks) | 0;
    const place = key - this.#base;
    if (place < 0 || place >= PLACES) return this.#applyFar(action, key, lots);
    const isThere = this.#lots[place] !== 0;
    if (isThere !== (action !== ACTION.NEW)) return false;
    this.#lots[place] = lots;
    if (action === ACTION.CHANGE) return true;
    // One branch for coming and going, which no processor can foretell.
    this.#taken[place >> 5] ^= 1 << (place & 31);
    this.#near += 1 - action;
    this.#rankedCount = 0;
    if (place >= this.#best) this.#moveBest(action, place);
    return true;
  }

  #moveBest(action: number, place: number): void {
    this.#best = action === ACTION.NEW ? place : this.#below(place);
    if (this.#near === 0 && this.#far.count > 0) this.#moveTo(this.#nearestFarKey());
  }

  #applyFar(action: number, key: number, lots: number): boolean {
    const far = this.#far;
    if (action === ACTION.NEW && !this.#belongsNear(key) && far.push(key, lots)) return true;
    const isThere = far.indexOf(key) >= 0;
    if (isThere !== (action !== ACTION.NEW)) return false;
    if (action === ACTION.DELETE) return far.remove(key);
    if (isThere || !this.#belongsNear(key)) far.set(key, lots);
    else {
      this.#moveTo(Math.max(key, this.#bestKey()));
      this.#put(key - this.#base, lots);
    }
    return true;
  }

  clear(): void {
    this.#far.clear();
    this.#forgetNear();
  }

  #forgetNear(): void {
    this.#lots.fill(0);
    this.#taken.fill(0);
    this.#best = -1;
    this.#near = 0;
    this.#rankedCount = 0;
  }

  #put(place: number, lots: number): void {
    this.#lots[place] = lots;
    this.#taken[place >> 5] |= 1 << (place & 31);
    this.#near++;
    this.#rankedCount = 0;
    if (place > this.#best) this.#best = place;
  }

  /** Meaningful while there is a level: far ones alone are never left. */
  #bestKey(): number {
    return this.#near === 0 ? Number.NEGATIVE_INFINITY : this.#base + this.#best;
  }

  #belongsNear(key: number): boolean {
    return this.#near === 0 || key > this.#bestKey() - NEAR;
  }

  /** Lays the places out about `key`, which is, or is going to be, the best level. */
  #moveTo(key: number): void {
    const base = key - BELOW;
    const far = this.#far;
    const shift = base - this.#base;
    if (shift > 0) {
      for (let place = this.#best; place >= 0; place = this.#below(place)) {
        if (place < shift) far.set(this.#base + place, this.#lots[place]);
      }
    }
    // What keeps a place is put aside where it is, and laid out again.
    const kept: number[] = [];
    for (let place = this.#best; place >= Math.max(0, shift); place = this.#below(place)) {
      kept.push(place - shift, this.#lots[place]);
    }
    this.#forgetNear();
    this.#base = base;
    for (let i = 0; i < kept.length; i += 2) this.#put(kept[i] as number, kept[i + 1] as number);
    while (far.count > 0 && this.#nearestFarKey() >= base) {
      const farKey = this.#nearestFarKey();
      this.#put(farKey - base, far.lotsAt(farKey));
      far.remove(farKey);
    }
  }

  #nearestFarKey(): number {
    return this.#far.priceTicks(this.#far.count - 1);
  }

  /** The next taken place below one; −1 when there is none. */
  #below(place: number): number {
    let word = place >> 5;
    // The bits under the place's own; none of its word when it is the lowest there.
    let bits = this.#taken[word] & ((1 << (place & 31)) - 1);
    while (bits === 0) {
      if (--word < 0) return -1;
      bits = this.#taken[word];
    }
    return (word << 5) + 31 - Math.clz32(bits);
  }

  /** Place of the `i`-th level, which must have one. */
  #placeOf(i: number): number {
    if (i === 0) return this.#best;
    if (i >= this.#rankedCount) this.#rank(i);
    return this.#ranked[i];
  }

  #rank(last: number): void {
    if (last >= this.#ranked.length) {
      const longer = new Int32Array(Math.min(PLACES, 2 * Math.max(last, this.#ranked.length)));
      longer.set(this.#ranked);
      this.#ranked = longer;
    }
    const ranked = this.#ranked;
    let from = this.#rankedCount;
    if (from === 0) ranked[from++] = this.#best;
    for (let i = from; i <= last; i++) ranked[i] = this.#below(ranked[i - 1]);
    this.#rankedCount = last + 1;
  }
}
