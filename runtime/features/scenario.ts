import type { Side } from '../instrument.ts';
import type { Feature } from './feature.ts';
import { EventPlayer, type MarketEvent } from './market-event.ts';

type Level = MarketEvent['levels'][number];

/** A hand-made market of one symbol, written in a feature's test as one reads it. */
export class Scenario {
  readonly events: MarketEvent[] = [];
  #timeUs = 1_600_000_000_000_000;

  /** Begins with bids 10 × 100, 20 × 99 and asks 30 × 102, 40 × 103. */
  constructor() {
    this.#add(true, [bid(100, 10), bid(99, 20), ask(102, 30), ask(103, 40)], []);
  }

  wait(seconds: number): this {
    this.#timeUs += Math.round(seconds * 1e6);
    return this;
  }
  /** Levels become what is given; 0 lots removes one. */
  set(...levels: Level[]): this {
    return this.#add(false, levels, []);
  }
  snapshot(...levels: Level[]): this {
    return this.#add(true, levels, []);
  }
  bought(lots: number): this {
    return this.#add(false, [], [{ priceTicks: 102, lots, aggressor: 1 }]);
  }
  sold(lots: number): this {
    return this.#add(false, [], [{ priceTicks: 100, lots, aggressor: -1 }]);
  }
  /** An event that changes nothing: features are read at its time. */
  tick(): this {
    return this.#add(false, [], []);
  }

  /** The feature's value after all of it. */
  valueOf(feature: Feature): number {
    const player = new EventPlayer();
    const state = feature.create();
    let value = Number.NaN;
    for (const event of this.events) {
      player.play(event, (book, change) => {
        state.onChange(book.others, change);
        value = state.value(book.others, change.timeUs);
      });
    }
    return value;
  }

  #add(snapshot: boolean, levels: MarketEvent['levels'], trades: MarketEvent['trades']): this {
    this.events.push({ timeUs: this.#timeUs, snapshot, levels, trades });
    return this;
  }
}

export function bid(priceTicks: number, lots: number): Level {
  return level('buy', priceTicks, lots);
}
export function ask(priceTicks: number, lots: number): Level {
  return level('sell', priceTicks, lots);
}
function level(side: Side, priceTicks: number, lots: number): Level {
  return { side, priceTicks, lots };
}
