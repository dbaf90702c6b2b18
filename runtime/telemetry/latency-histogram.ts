import { Int32Histogram } from 'hdr-histogram-js';

/** Upper bounds of the exported buckets, ns: 1, 2 and 5 of each decade from 1 µs to 1 s. */
const BOUNDS_NS = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap((decade) => [decade, 2 * decade, 5 * decade]).concat(1e9);
const HIGHEST_NS = 60_000_000_000;
const DIGITS = 3;

/** Times of one stage in nanoseconds, three digits exact; recording allocates nothing. Longer than 60 s counts as 60 s. */
export class LatencyHistogram {
  readonly #histogram = new Int32Histogram(1, HIGHEST_NS, DIGITS);
  #sumNs = 0;

  record(durationNs: number): void {
    const clamped = Math.min(Math.max(1, Math.round(durationNs)), HIGHEST_NS);
    this.#histogram.recordValue(clamped);
    this.#sumNs += clamped;
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  get sumNs(): number {
    return this.#sumNs;
  }

  get maxNs(): number {
    return this.count === 0 ? 0 : this.#histogram.maxValue;
  }

  /** @param share 0…1; 0 when nothing was recorded. */
  quantileNs(share: number): number {
    return this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(share * 100);
  }

  /** Cumulative counts by upper bound in nanoseconds, for an exporter. */
  buckets(): { readonly boundNs: number; readonly count: number }[] {
    const histogram = this.#histogram;
    let index = 0;
    let count = 0;
    return BOUNDS_NS.map((boundNs) => {
      while (
        index < histogram.countsArrayLength &&
        histogram.highestEquivalentValue(histogram.valueFromIndex(index)) <= boundNs
      ) {
        count += histogram.getCountAtIndex(index++);
      }
      return { boundNs, count };
    });
  }
}
