import type { Random } from '../../random.ts';
import type { Sign } from '../book-event.ts';
import type { MakerProfile } from '../profile.ts';
import type { Floor } from './agent.ts';
import { lotsAround } from './lots.ts';

/**
 * One maker's quotes on one side: an order on each of a few neighbouring points of its own price grid. When the aim
 * moves, orders at the far end are withdrawn and new ones enter at the near end; the rest keep their places in the queue.
 */
export class Ladder {
  readonly #sign: Sign;
  readonly #levels: number;
  readonly #spacingTicks: number;
  readonly #phaseTicks: number;
  readonly #holdSteps: number;
  readonly #lots: number;
  readonly #topFactor: number;
  /** Order and grid index by grid index modulo levels. */
  readonly #orders: Float64Array;
  readonly #grid: Float64Array;
  /** Grid index of the best quote; NaN before the first aim. */
  #top = Number.NaN;

  constructor(sign: Sign, makers: MakerProfile, phaseTicks: number) {
    this.#sign = sign;
    this.#levels = makers.levels;
    this.#spacingTicks = makers.spacingTicks;
    this.#phaseTicks = phaseTicks;
    this.#holdSteps = makers.holdSteps;
    this.#lots = makers.lots;
    this.#topFactor = makers.topFactor;
    this.#orders = new Float64Array(makers.levels);
    this.#grid = new Float64Array(makers.levels);
  }

  /** The best quote is to be at `priceTicks` or the nearest grid point behind it. */
  aim(priceTicks: number): void {
    const exact = (this.#sign * (priceTicks - this.#phaseTicks)) / this.#spacingTicks;
    if (exact >= this.#top && exact < this.#top + 1 + this.#holdSteps) return;
    this.#top = Math.floor(exact);
  }

  /** Cancels what is off the ladder. */
  withdraw(floor: Floor): void {
    for (let i = 0; i < this.#levels; i++) {
      const order = this.#orders[i];
      if (order === 0) continue;
      const depth = this.#top - this.#grid[i];
      if (depth >= 0 && depth < this.#levels) continue;
      floor.cancel(order);
      this.#orders[i] = 0;
    }
  }

  /** Enters what is missing, best price first. */
  quote(floor: Floor, owner: number, random: Random): void {
    const { book } = floor;
    for (let depth = 0; depth < this.#levels; depth++) {
      const grid = this.#top - depth;
      const i = ((grid % this.#levels) + this.#levels) % this.#levels;
      if (this.#orders[i] !== 0 && book.lotsOf(this.#orders[i]) > 0) continue;
      const price = this.#sign * grid * this.#spacingTicks + this.#phaseTicks;
      if (price <= 0 || price >= book.priceLimitTicks) continue;
      this.#grid[i] = grid;
      this.#orders[i] = floor.submit(
        owner,
        this.#sign,
        price,
        lotsAround(this.#lots * (depth === 0 ? this.#topFactor : 1), random),
        'day',
      );
    }
  }

  state(): number[] {
    return [Number.isNaN(this.#top) ? 0 : 1, Number.isNaN(this.#top) ? 0 : this.#top, ...this.#orders, ...this.#grid];
  }

  restore(state: readonly number[]): void {
    this.#top = state[0] === 0 ? Number.NaN : (state[1] as number);
    this.#orders.set(state.slice(2, 2 + this.#levels));
    this.#grid.set(state.slice(2 + this.#levels));
  }
}
