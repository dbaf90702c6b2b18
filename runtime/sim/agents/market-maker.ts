import { Random } from '../../random.ts';
import type { BookEvent } from '../book-event.ts';
import type { MakerProfile, SymbolProfile } from '../profile.ts';
import type { Agent, Floor, News } from './agent.ts';
import { Impact } from './impact.ts';
import { Ladder } from './ladder.ts';

/** Memory of volatility, and of inventory that is laid off elsewhere. */
const VOLATILITY_SECONDS = 30;
const INVENTORY_SECONDS = 90;
/** Bounds of the half-spread, as multiples of the profile's. */
const NARROWEST = 0.6;
const WIDEST = 3;
/** One print counts at most as this many ladder levels: a large one tells no more. */
const PRINT_LEVELS = 3;

/**
 * Quotes a ladder on each side of what it believes the value to be: the publicly known value, plus what recent signed
 * flow tells of things not yet known (by an impact it learns), less a skew for its inventory. Wider when value moves
 * more. It sees prints, not names.
 */
export class MarketMaker implements Agent {
  readonly #owner: number;
  readonly #profile: MakerProfile;
  readonly #halfSpreadTicks: number;
  readonly #caution: number;
  readonly #bids: Ladder;
  readonly #asks: Ladder;
  readonly #impact: Impact;
  #random: Random;
  #valueTicks: number;
  /** Exponential variance of value, ticks² per second. */
  #variance: number;
  #inventoryLots = 0;
  #flowLots = 0;
  /** Time to which variance, inventory and flow have decayed. */
  #atUs: number;

  constructor(owner: number, profile: SymbolProfile, random: Random, startUs: number) {
    const makers = profile.makers;
    this.#owner = owner;
    this.#profile = makers;
    this.#random = random;
    this.#valueTicks = profile.startTicks;
    this.#variance = makers.referenceVolatility ** 2;
    this.#atUs = startUs;
    this.#impact = new Impact(startUs, makers.lots);
    // No two alike: appetite, caution and where on the price grid their levels fall.
    this.#halfSpreadTicks = makers.halfSpreadTicks * (0.85 + 0.4 * random.float());
    this.#caution = makers.caution * (0.7 + 0.6 * random.float());
    this.#bids = new Ladder(1, makers, random.integer(makers.spacingTicks));
    this.#asks = new Ladder(-1, makers, random.integer(makers.spacingTicks));
  }

  onTrades(event: BookEvent, floor: Floor): void {
    this.#decayTo(event.timeUs);
    let own = false;
    for (let i = 0; i < event.tradeCount; i++) {
      if (event.tradeMakerOwner[i] !== this.#owner) continue;
      own = true;
      this.#inventoryLots -= event.takerSign * event.tradeLots[i];
    }
    if (event.takerOwner === this.#owner) {
      this.#inventoryLots += event.signedLots();
      return;
    }
    const most = PRINT_LEVELS * this.#profile.lots;
    this.#flowLots += Math.max(-most, Math.min(most, event.signedLots()));
    const mean = this.#profile.reactionSeconds * (own ? 1 : 2);
    floor.wake(this.#owner, event.timeUs + Math.round(this.#random.exponential(1 / mean) * 1e6));
  }

  onNews(news: News, floor: Floor): void {
    this.#decayTo(floor.nowUs);
    this.#variance += (news.moveTicks * news.moveTicks) / VOLATILITY_SECONDS;
    this.#impact.observe(floor.nowUs, this.#flowLots, this.#valueTicks);
    this.#valueTicks = news.valueTicks;
    if (news.reveals) this.#flowLots = 0;
    const delay = this.#profile.latencySeconds * (0.25 + this.#random.exponential(1));
    floor.wake(this.#owner, floor.nowUs + Math.round(delay * 1e6));
  }

  act(floor: Floor): number {
    const random = this.#random;
    this.#decayTo(floor.nowUs);
    this.#impact.observe(floor.nowUs, this.#flowLots, this.#valueTicks);
    const believed =
      this.#valueTicks +
      this.#caution * this.#impact.ticksPerLot * this.#flowLots -
      this.#profile.skewTicksPerLot * this.#inventoryLots;
    const half = this.#halfSpread();
    this.#bids.aim(believed - half);
    this.#asks.aim(believed + half);
    this.#bids.withdraw(floor);
    this.#asks.withdraw(floor);
    this.#take(floor, believed);
    this.#bids.quote(floor, this.#owner, random);
    this.#asks.quote(floor, this.#owner, random);
    return floor.nowUs + Math.round(random.exponential(1 / this.#profile.idleSeconds) * 1e6);
  }

  state(): unknown {
    return {
      random: this.#random.state(),
      impact: this.#impact.state(),
      ladders: [this.#bids.state(), this.#asks.state()],
      values: [this.#valueTicks, this.#variance, this.#inventoryLots, this.#flowLots, this.#atUs],
    };
  }

  restore(state: { random: number[]; impact: number[]; ladders: [number[], number[]]; values: number[] }): void {
    this.#random = Random.restore(state.random);
    this.#impact.restore(state.impact);
    this.#bids.restore(state.ladders[0]);
    this.#asks.restore(state.ladders[1]);
    const values = state.values as [number, number, number, number, number];
    [this.#valueTicks, this.#variance, this.#inventoryLots, this.#flowLots, this.#atUs] = values;
  }

  /** Takes quotes that others have left on the wrong side of what it believes. */
  #take(floor: Floor, believed: number): void {
    const { takeMarginTicks, lots } = this.#profile;
    const { asks, bids, priceLimitTicks } = floor.book;
    const highest = Math.floor(believed - takeMarginTicks);
    const lowest = Math.ceil(believed + takeMarginTicks);
    if (asks.bestTicks !== 0 && asks.bestTicks <= highest && highest < priceLimitTicks) {
      floor.submit(this.#owner, 1, highest, lots, 'ioc');
    } else if (bids.bestTicks >= lowest && lowest > 0) {
      floor.submit(this.#owner, -1, lowest, lots, 'ioc');
    }
  }

  #halfSpread(): number {
    const relative = Math.sqrt(this.#variance) / this.#profile.referenceVolatility;
    return this.#halfSpreadTicks * Math.max(NARROWEST, Math.min(WIDEST, 0.4 + 0.6 * relative));
  }

  #decayTo(timeUs: number): void {
    const seconds = (timeUs - this.#atUs) / 1e6;
    if (seconds === 0) return;
    this.#variance *= Math.exp(-seconds / VOLATILITY_SECONDS);
    this.#inventoryLots *= Math.exp(-seconds / INVENTORY_SECONDS);
    this.#flowLots *= Math.exp(-seconds / this.#profile.flowSeconds);
    this.#atUs = timeUs;
  }
}
