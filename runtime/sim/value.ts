import { Random } from '../random.ts';
import type { Agent, Floor, News } from './agents/agent.ts';
import { Hawkes } from './hawkes.ts';
import type { SymbolProfile, ValueProfile } from './profile.ts';

export interface ValueListener {
  /** The publicly known value moved; the news is reused. */
  onNews(news: News): void;
  /** A private event began. */
  onSecret(): void;
}

interface ValueState {
  readonly random: number[];
  readonly moves: number[];
  readonly values: number[];
}

/**
 * What the symbol is worth. The public part jumps at self-exciting times by amounts that the volatility regime scales:
 * a martingale that everybody sees at once. Between them private events: a step of known size that only the informed
 * know for a while, and everybody at the end of its window.
 */
export class Value implements Agent {
  readonly #profile: ValueProfile;
  readonly #listener: ValueListener;
  readonly #floor: number;
  readonly #ceiling: number;
  readonly #moves: Hawkes;
  readonly #news = { moveTicks: 0, valueTicks: 0, reveals: false };
  #random: Random;
  #publicTicks: number;
  #hiddenTicks = 0;
  #regime = 0;
  #moveUs: number;
  #regimeUs: number;
  #eventUs: number;
  #windowStartUs = 0;

  constructor(profile: SymbolProfile, random: Random, startUs: number, listener: ValueListener) {
    this.#listener = listener;
    this.#profile = profile.value;
    this.#random = random;
    this.#publicTicks = profile.startTicks;
    this.#floor = profile.startTicks / 4;
    this.#ceiling = Math.min(2 * profile.startTicks, 0.9 * profile.priceLimitTicks);
    this.#moves = new Hawkes(profile.value.moveRate, profile.value.moveDecay, startUs);
    this.#regime = random.integer(profile.value.regimes.length);
    this.#moveUs = this.#moves.next(startUs, random);
    this.#regimeUs = startUs + this.#seconds(this.#regimeMean());
    this.#eventUs = startUs + this.#seconds(profile.value.eventPauseSeconds);
  }

  /** What everybody knows it is worth, ticks. */
  get publicTicks(): number {
    return this.#publicTicks;
  }

  /** What the informed know besides, ticks; 0 when there is no secret. */
  get hiddenTicks(): number {
    return this.#hiddenTicks;
  }

  /** Start and end of the current secret's window, µs; meaningless without one. */
  get windowStartUs(): number {
    return this.#windowStartUs;
  }
  get windowEndUs(): number {
    return this.#eventUs;
  }

  /** How lively the market is: the current regime's factor. */
  get activity(): number {
    return (this.#profile.regimes[this.#regime] as { factor: number }).factor;
  }

  dueUs(): number {
    return Math.min(this.#moveUs, this.#regimeUs, this.#eventUs);
  }

  act(floor: Floor): number {
    const now = floor.nowUs;
    if (now >= this.#regimeUs) this.#changeRegime(now);
    if (now >= this.#eventUs) this.#turnEvent(floor);
    if (now >= this.#moveUs) this.#move(floor);
    return this.dueUs();
  }

  state(): ValueState {
    return {
      random: this.#random.state(),
      moves: this.#moves.state(),
      values: [
        this.#publicTicks,
        this.#hiddenTicks,
        this.#regime,
        this.#moveUs,
        this.#regimeUs,
        this.#eventUs,
        this.#windowStartUs,
      ],
    };
  }

  restore(state: ValueState): void {
    this.#random = Random.restore(state.random);
    this.#moves.restore(state.moves);
    const values = state.values as [number, number, number, number, number, number, number];
    [this.#publicTicks, this.#hiddenTicks, this.#regime, this.#moveUs, this.#regimeUs] = values;
    [, , , , , this.#eventUs, this.#windowStartUs] = values;
  }

  #move(floor: Floor): void {
    const { moveOffspring, moveTicks, newsShare, newsFactor } = this.#profile;
    const random = this.#random;
    const sign = random.bernoulli(0.5) ? 1 : -1;
    const factor = random.bernoulli(newsShare) ? newsFactor : 1;
    this.#publish(sign * random.exponential(1) * moveTicks * factor * this.activity, false);
    this.#moves.excite(floor.nowUs, moveOffspring);
    this.#moveUs = this.#moves.next(floor.nowUs, random);
  }

  /** A secret begins, or the one there is comes out. */
  #turnEvent(floor: Floor): void {
    const { eventTicks, eventWindowSeconds, eventPauseSeconds } = this.#profile;
    const random = this.#random;
    if (this.#hiddenTicks === 0) {
      const size = (eventTicks[0] + random.float() * (eventTicks[1] - eventTicks[0])) * this.activity;
      const seconds = eventWindowSeconds[0] + random.float() * (eventWindowSeconds[1] - eventWindowSeconds[0]);
      this.#hiddenTicks = random.bernoulli(0.5) ? size : -size;
      this.#windowStartUs = floor.nowUs;
      this.#eventUs = floor.nowUs + Math.round(seconds * 1e6);
      this.#listener.onSecret();
    } else {
      const step = this.#hiddenTicks;
      this.#hiddenTicks = 0;
      this.#eventUs = floor.nowUs + this.#seconds(eventPauseSeconds);
      this.#publish(step, true);
    }
  }

  #publish(moveTicks: number, reveals: boolean): void {
    const next = this.#publicTicks + moveTicks;
    const move = next < this.#floor || next > this.#ceiling ? -moveTicks : moveTicks;
    this.#publicTicks += move;
    const news: { -readonly [K in keyof News]: News[K] } = this.#news;
    news.moveTicks = move;
    news.valueTicks = this.#publicTicks;
    news.reveals = reveals;
    this.#listener.onNews(news);
  }

  #changeRegime(nowUs: number): void {
    const others = this.#profile.regimes.length - 1;
    if (others > 0) {
      const pick = this.#random.integer(others);
      this.#regime = pick < this.#regime ? pick : pick + 1;
    }
    this.#regimeUs = nowUs + this.#seconds(this.#regimeMean());
  }

  #regimeMean(): number {
    return (this.#profile.regimes[this.#regime] as { seconds: number }).seconds;
  }

  /** An exponential wait with this mean, µs. */
  #seconds(mean: number): number {
    return Math.max(1, Math.round(this.#random.exponential(1 / mean) * 1e6));
  }
}
