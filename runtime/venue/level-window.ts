import { ACTION } from '../fix/market-data.ts';
import type { Side } from '../instrument.ts';
import { Levels } from './market.ts';

/**
 * What a subscriber has been shown of one side of one book: its best `depth` levels. `show` takes the levels as they are
 * now and lists what to tell: deletions first, so that a subscriber never holds more than `depth`, then new and changed
 * levels. A level pushed out of the window is deleted and comes back as new.
 */
export class LevelWindow {
  readonly #sign: 1 | -1;
  #shown = new Levels();
  #spare = new Levels();
  /** Entries that the last `show` found; reused. */
  count = 0;
  readonly action: number[] = [];
  readonly priceTicks: number[] = [];
  readonly lots: number[] = [];

  readonly #depth: number;

  constructor(side: Side, depth: number) {
    this.#sign = side === 'buy' ? 1 : -1;
    this.#depth = depth;
  }

  /** True when a change at `priceTicks` can be seen through the window; then `show` is due. */
  reaches(priceTicks: number): boolean {
    const { count, priceTicks: shown } = this.#shown;
    return count < this.#depth || this.#sign * (priceTicks - (shown[count - 1] as number)) >= 0;
  }

  /** Nothing changed that can be seen. */
  skip(): void {
    this.count = 0;
  }

  /** Takes in the side as it is now, filled into the `Levels` given to `fill`. */
  show(fill: (into: Levels) => void): void {
    const before = this.#shown;
    const now = this.#spare;
    fill(now);
    this.#shown = now;
    this.#spare = before;
    this.count = 0;
    for (let i = 0, j = 0; i < before.count; i++) {
      const price = before.priceTicks[i] as number;
      while (j < now.count && this.#sign * ((now.priceTicks[j] as number) - price) > 0) j++;
      if (j === now.count || now.priceTicks[j] !== price) this.#add(ACTION.DELETE, price, 0);
    }
    for (let i = 0, j = 0; j < now.count; j++) {
      const price = now.priceTicks[j] as number;
      const lots = now.lots[j] as number;
      while (i < before.count && this.#sign * ((before.priceTicks[i] as number) - price) > 0) i++;
      if (i === before.count || before.priceTicks[i] !== price) this.#add(ACTION.NEW, price, lots);
      else if (before.lots[i] !== lots) this.#add(ACTION.CHANGE, price, lots);
    }
  }

  #add(action: number, priceTicks: number, lots: number): void {
    this.action[this.count] = action;
    this.priceTicks[this.count] = priceTicks;
    this.lots[this.count] = lots;
    this.count++;
  }
}
