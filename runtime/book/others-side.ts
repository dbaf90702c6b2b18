import { Ladder } from './ladder.ts';
import type { Levels } from './levels.ts';

/**
 * One side of a book without our own resting quantity: a level that is only ours is passed over.
 *
 * Ours is kept by price, apart from the displayed levels, because the venue reports an order before, or after, it
 * shows in the depth. What is hidden is worked out anew when either has changed, in time proportional to the number
 * of our prices, and nothing is copied.
 */
export class OthersSide {
  readonly #displayed: Levels;
  readonly #own: Ladder;
  #hidden: Int32Array;
  #hiddenCount = 0;
  #stale = false;

  constructor(sign: 1 | -1, displayed: Levels) {
    this.#displayed = displayed;
    this.#own = new Ladder(sign, 4);
    this.#hidden = new Int32Array(4);
  }

  /** Sets what rests of ours at a price; 0 removes it. */
  setOwnLots(priceTicks: number, lots: number): void {
    if (lots > 0) this.#own.set(priceTicks, lots);
    else this.#own.remove(priceTicks);
    this.#stale = true;
  }

  ownLotsAt(priceTicks: number): number {
    return this.#own.count === 0 ? 0 : this.#own.lotsAt(priceTicks);
  }

  /** The displayed levels have changed. */
  invalidate(): void {
    this.#stale = true;
  }

  get count(): number {
    if (this.#stale) this.#refresh();
    return this.#displayed.count - this.#hiddenCount;
  }

  priceTicks(i: number): number {
    return this.#displayed.priceTicks(this.#displayedIndex(i));
  }

  lots(i: number): number {
    const at = this.#displayedIndex(i);
    return this.#displayed.lots(at) - this.ownLotsAt(this.#displayed.priceTicks(at));
  }

  #displayedIndex(i: number): number {
    if (this.#stale) this.#refresh();
    let at = i;
    for (let h = 0; h < this.#hiddenCount && this.#hidden[h] <= at; h++) at++;
    return at;
  }

  /** Ranks of the levels that are ours alone, ascending. */
  #refresh(): void {
    this.#stale = false;
    this.#hiddenCount = 0;
    const own = this.#own;
    if (own.count > this.#hidden.length) this.#hidden = new Int32Array(2 * own.count);
    for (let i = 0; i < own.count; i++) {
      const at = this.#displayed.indexOf(own.priceTicks(i));
      if (at >= 0 && this.#displayed.lots(at) <= own.lots(i)) this.#hidden[this.#hiddenCount++] = at;
    }
  }
}
