import { Ladder } from '../book/ladder.ts';
import type { Side } from '../instrument.ts';
import { Random } from '../random.ts';
import type { MarketEvent } from './market-event.ts';

const START_US = 1_600_000_000_000_000;
const START_TICKS = 20_000;

/**
 * An invented market that goes where real ones seldom do: sides that run empty, spreads from nought to hundreds of
 * ticks, bursts at one instant, hours of silence, quantities from one to billions, snapshots in mid-stream. Valid
 * always: never crossed, never backwards.
 */
export class RandomEvents {
  readonly #random: Random;
  readonly #bids = new Ladder(1, 16);
  readonly #asks = new Ladder(-1, 16);
  #timeUs = START_US;
  #begun = false;

  constructor(...path: (string | number)[]) {
    this.#random = Random.of('random-events', ...path);
  }

  /** `count` events from where this stands. */
  take(count: number): MarketEvent[] {
    return Array.from({ length: count }, () => this.#next());
  }

  /** Takes the market to where `events` leave it; `take` goes on from there. */
  follow(events: readonly MarketEvent[]): this {
    for (const event of events) {
      this.#begun = true;
      this.#timeUs = event.timeUs;
      if (event.snapshot) {
        this.#bids.clear();
        this.#asks.clear();
      }
      for (const { side, priceTicks, lots } of event.levels) this.#set(side, priceTicks, lots);
    }
    return this;
  }

  #next(): MarketEvent {
    const random = this.#random;
    const snapshot = !this.#begun || random.bernoulli(0.005);
    const event = {
      timeUs: this.#timeUs + this.#waitUs(),
      snapshot,
      levels: snapshot ? this.#wholeBook() : this.#someLevels(),
      trades: snapshot || random.bernoulli(0.8) ? [] : this.#someTrades(),
    };
    this.follow([event]);
    return event;
  }

  #waitUs(): number {
    const roll = this.#random.float();
    if (roll < 0.2) return 0;
    if (roll < 0.995) return Math.round(this.#random.exponential(1 / 200_000));
    return this.#random.integer(5 * 3_600_000_000);
  }

  #wholeBook(): MarketEvent['levels'] {
    const middle = START_TICKS + this.#random.integer(1000);
    const side = (name: Side, sign: number) =>
      Array.from({ length: this.#random.integer(9) }, (_, i) => ({
        side: name,
        priceTicks: middle + sign * (i + 1),
        lots: this.#lots(),
      }));
    return [...side('buy', -1), ...side('sell', 1)];
  }

  /** One side an event: whatever it adds lies behind the other side's best, which then stands still. */
  #someLevels(): MarketEvent['levels'] {
    const side = this.#random.bernoulli(0.5) ? 'buy' : 'sell';
    const levels = new Map<number, MarketEvent['levels'][number]>();
    for (let i = this.#random.integer(4); i > 0; i--) {
      const level = this.#level(side);
      levels.set(level.priceTicks, level);
    }
    return [...levels.values()];
  }

  #level(side: Side): MarketEvent['levels'][number] {
    const random = this.#random;
    const [own, other] = side === 'buy' ? [this.#bids, this.#asks] : [this.#asks, this.#bids];
    if (own.count > 0 && random.bernoulli(0.55)) {
      const priceTicks = own.priceTicks(Math.min(random.integer(own.count), random.integer(own.count)));
      return { side, priceTicks, lots: random.bernoulli(0.6) ? 0 : this.#lots() };
    }
    const sign = side === 'buy' ? -1 : 1;
    const behind = random.bernoulli(0.02) ? random.integer(2000) : random.integer(12);
    const reference = other.count > 0 ? other.priceTicks(0) : own.count > 0 ? own.priceTicks(0) : START_TICKS;
    return { side, priceTicks: reference + sign * behind, lots: this.#lots() };
  }

  #someTrades(): MarketEvent['trades'] {
    return Array.from({ length: 1 + this.#random.integer(3) }, () => ({
      priceTicks: START_TICKS + this.#random.integer(20),
      lots: this.#lots(),
      aggressor: this.#random.pick([1, -1, 0] as const),
    }));
  }

  #lots(): number {
    return this.#random.bernoulli(0.01) ? 1 + this.#random.integer(2_000_000_000) : 1 + this.#random.integer(500);
  }

  #set(side: Side, priceTicks: number, lots: number): void {
    const ladder = side === 'buy' ? this.#bids : this.#asks;
    if (lots > 0) ladder.set(priceTicks, lots);
    else ladder.remove(priceTicks);
  }
}
