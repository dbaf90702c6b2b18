import type { Side } from '../instrument.ts';

/** One recorded price level. */
export interface ReplayLevel {
  priceTicks: number;
  /** Lots that the log shows. */
  displayed: number;
  /** Of these, lots that our orders have already taken: they are not there twice. */
  taken: number;
  /** Lots traded here that no fall of `displayed` has accounted for yet. */
  tradedUnseen: number;
}

export interface ReplaySideState {
  readonly known: boolean;
  readonly levels: readonly ReplayLevel[];
}

/** One side of a recorded book, best level first. */
export class ReplaySide {
  readonly side: Side;
  readonly #sign: 1 | -1;
  readonly #levels: ReplayLevel[] = [];
  /** False until the log has shown a level, and after it cleared the book. */
  #known: boolean;

  constructor(side: Side, state: ReplaySideState = { known: false, levels: [] }) {
    this.side = side;
    this.#sign = side === 'buy' ? 1 : -1;
    this.#known = state.known;
    for (const level of state.levels) this.#levels.push({ ...level });
  }

  get levels(): readonly ReplayLevel[] {
    return this.#levels;
  }

  /** Lots at a price that an order may still meet. */
  available(priceTicks: number): number {
    const level = this.at(priceTicks);
    return level === undefined ? 0 : level.displayed - level.taken;
  }

  at(priceTicks: number): ReplayLevel | undefined {
    const level = this.#levels[this.#search(priceTicks)];
    return level?.priceTicks === priceTicks ? level : undefined;
  }

  /**
   * Sets what the log shows at a price. Lots we took stay taken while the level lives: a trade or cancel in the log
   * leaves fewer for us, only an addition brings new ones.
   */
  show(priceTicks: number, displayed: number): void {
    this.#known = true;
    const i = this.#search(priceTicks);
    const level = this.#levels[i];
    if (level?.priceTicks !== priceTicks) {
      if (displayed > 0) this.#levels.splice(i, 0, { priceTicks, displayed, taken: 0, tradedUnseen: 0 });
    } else if (displayed === 0) {
      this.#levels.splice(i, 1);
    } else {
      level.displayed = displayed;
      level.taken = Math.min(level.taken, displayed);
    }
  }

  clear(): void {
    this.#levels.length = 0;
    this.#known = false;
  }

  /** True when `a` is a better price than `b` on this side. */
  isBetter(a: number, b: number): boolean {
    return this.#sign * (a - b) > 0;
  }

  /** True when the log would show a level at this price: it is not behind the last level shown. */
  inView(priceTicks: number): boolean {
    if (!this.#known) return false;
    const last = this.#levels.at(-1);
    return last === undefined || !this.isBetter(last.priceTicks, priceTicks);
  }

  state(): ReplaySideState {
    return { known: this.#known, levels: this.#levels.map((level) => ({ ...level })) };
  }

  /** Index of the first level that is not better than `priceTicks`. */
  #search(priceTicks: number): number {
    let from = 0;
    let to = this.#levels.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.isBetter((this.#levels[middle] as ReplayLevel).priceTicks, priceTicks)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
