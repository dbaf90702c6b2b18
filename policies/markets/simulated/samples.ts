import type { BookView } from '../../../runtime/book/book-view.ts';
import type { BookChange } from '../../../runtime/book/change.ts';
import type { SymbolProfile } from '../../../runtime/sim/profile.ts';
import { type ObserveOptions, OPEN_US, openOne } from './observe.ts';

const SECOND_US = 1_000_000;
/** Memories of flow, order-flow imbalance and trend. */
const WINDOWS_SECONDS = [5, 20, 60];
/** Memories of the flow since the mid last jumped: what made it jump is known by then. */
const SINCE_JUMP_SECONDS = [15, 40];
/** Samples left out at first, until the memories have filled. */
const SETTLE = 60;

/** Index of 20 s signed flow among the features. */
export const FLOW_20S = 3;
export const FEATURES = 3 * WINDOWS_SECONDS.length + SINCE_JUMP_SECONDS.length + 1;

/** What a public observer notes once a second: the touch, and simple features of flow, book and trend. */
export interface Sample {
  readonly features: Float64Array;
  readonly bidTicks: number;
  readonly askTicks: number;
}

export function midOf(sample: Sample): number {
  return (sample.bidTicks + sample.askTicks) / 2;
}

/** The samples of one seed. */
export function samplesOf(profile: SymbolProfile, options: ObserveOptions): Sample[] {
  const observer = new Observer();
  const exchange = openOne(profile, options, 1, (view, change) => observer.onChange(view, change));
  const { bids, asks } = exchange.book(0);
  const samples: Sample[] = [];
  for (let second = 1; second <= options.minutes * 60; second++) {
    exchange.advanceTo(OPEN_US + second * SECOND_US);
    samples.push(observer.sample(bids.bestTicks, asks.bestTicks));
  }
  return samples.slice(SETTLE);
}

class Observer {
  readonly #flow = new Float64Array(WINDOWS_SECONDS.length);
  readonly #pressure = new Float64Array(WINDOWS_SECONDS.length);
  readonly #mid = new Float64Array(WINDOWS_SECONDS.length).fill(Number.NaN);
  readonly #sinceJump = new Float64Array(SINCE_JUMP_SECONDS.length);
  #latestMid = Number.NaN;
  /** Signed lots since the latest sample. */
  #lots = 0;
  #touch: { bid: number; ask: number; bidLots: number; askLots: number } | undefined;

  onChange(view: BookView, change: BookChange): void {
    if (view.bidCount === 0 || view.askCount === 0) return;
    const bid = view.bidPriceTicks(0);
    const ask = view.askPriceTicks(0);
    const bidLots = view.bidLots(0);
    const askLots = view.askLots(0);
    const before = this.#touch;
    this.#lots += change.buyLots - change.sellLots;
    if (before !== undefined) {
      // Cont, Kukanov & Stoikov: what came to the bid and left the ask, less what left the bid and came to the ask.
      const pressure =
        (bid >= before.bid ? bidLots : 0) -
        (bid <= before.bid ? before.bidLots : 0) -
        (ask <= before.ask ? askLots : 0) +
        (ask >= before.ask ? before.askLots : 0);
      for (let i = 0; i < WINDOWS_SECONDS.length; i++) this.#pressure[i] += pressure;
    }
    this.#touch = { bid, ask, bidLots, askLots };
  }

  sample(bidTicks: number, askTicks: number): Sample {
    const features = new Float64Array(FEATURES);
    const mid = (bidTicks + askTicks) / 2;
    WINDOWS_SECONDS.forEach((seconds, i) => {
      const keep = Math.exp(-1 / seconds);
      if (Number.isNaN(this.#mid[i])) this.#mid[i] = mid;
      this.#flow[i] = keep * this.#flow[i] + this.#lots;
      features[3 * i] = this.#flow[i];
      features[3 * i + 1] = this.#pressure[i];
      features[3 * i + 2] = mid - this.#mid[i];
      this.#pressure[i] *= keep;
      this.#mid[i] = mid + keep * (this.#mid[i] - mid);
    });
    const jumped = Math.abs(mid - this.#latestMid) > Math.max(1, askTicks - bidTicks);
    SINCE_JUMP_SECONDS.forEach((seconds, i) => {
      this.#sinceJump[i] = jumped ? 0 : Math.exp(-1 / seconds) * this.#sinceJump[i] + this.#lots;
      features[3 * WINDOWS_SECONDS.length + i] = this.#sinceJump[i];
    });
    const { bidLots, askLots } = this.#touch ?? { bidLots: 1, askLots: 1 };
    features[FEATURES - 1] = (bidLots - askLots) / (bidLots + askLots);
    this.#latestMid = mid;
    this.#lots = 0;
    return { features, bidTicks, askTicks };
  }
}
