import { Random } from '../../random.ts';
import type { ArbitrageurProfile } from '../profile.ts';
import type { Agent, Floor, News } from './agent.ts';

/**
 * Takes what public news has left behind: quotes that are now on the wrong side of the price that everybody can work
 * out. It is what makes resting orders cost something, for makers and for anyone who is slower than they are.
 */
export class Arbitrageur implements Agent {
  readonly #owner: number;
  readonly #profile: ArbitrageurProfile;
  #random: Random;
  /** What the price should be now; 0 without news. */
  #fairTicks = 0;

  constructor(owner: number, profile: ArbitrageurProfile, random: Random) {
    this.#owner = owner;
    this.#profile = profile;
    this.#random = random;
  }

  onNews(news: News, floor: Floor): void {
    const mid = floor.book.midHalfTicks() / 2;
    if (news.reveals || Number.isNaN(mid)) this.#fairTicks = news.valueTicks;
    else this.#fairTicks = (this.#fairTicks === 0 ? mid : this.#fairTicks) + news.moveTicks;
    const delay = this.#profile.latencySeconds * (0.5 + this.#random.float());
    floor.wake(this.#owner, floor.nowUs + Math.round(delay * 1e6));
  }

  act(floor: Floor): number {
    const { marginTicks, lots } = this.#profile;
    const { asks, bids, priceLimitTicks } = floor.book;
    const fair = this.#fairTicks;
    this.#fairTicks = 0;
    const highest = Math.min(priceLimitTicks - 1, Math.floor(fair - marginTicks));
    const lowest = Math.max(1, Math.ceil(fair + marginTicks));
    if (fair === 0) return Number.POSITIVE_INFINITY;
    if (asks.bestTicks !== 0 && asks.bestTicks <= highest) floor.submit(this.#owner, 1, highest, lots, 'ioc');
    else if (bids.bestTicks >= lowest) floor.submit(this.#owner, -1, lowest, lots, 'ioc');
    return Number.POSITIVE_INFINITY;
  }

  state(): unknown {
    return { random: this.#random.state(), fairTicks: this.#fairTicks };
  }

  restore(state: { random: number[]; fairTicks: number }): void {
    this.#random = Random.restore(state.random);
    this.#fairTicks = state.fairTicks;
  }
}
