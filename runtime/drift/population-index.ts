/** A feature's deciles over a reference: fewer than ten bins where many values are the same. */
export interface PopulationReference {
  /** Inner bounds of the bins, ascending: a value falls into the bin whose lower bound it reaches. */
  readonly edges: number[];
  /** Share of the reference in each bin; one more than there are edges. */
  readonly shares: number[];
  /** Index that nine in ten windows of the reference itself stay below; 0 where it was too short to say. */
  readonly usualIndex: number;
}

/** Windows from which something can be said about what is usual. */
const WINDOWS_MIN = 8;
const USUAL_SHARE = 0.9;

const BINS = 10;
/** Fewer say nothing about tenths of them. */
export const REFERENCE_ROWS_MIN = 10 * BINS;

/**
 * @param windows the values cut into windows as long as those that will be judged
 * @throws RangeError with fewer than a hundred values, or one that is not finite
 */
export function populationReference(
  values: ArrayLike<number>,
  windows: readonly ArrayLike<number>[] = [],
): PopulationReference {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length < REFERENCE_ROWS_MIN) {
    throw new RangeError(`deciles of ${sorted.length} values, at least ${REFERENCE_ROWS_MIN} are needed`);
  }
  // A typed array sorts NaN last and infinities to its ends.
  if (!Number.isFinite(sorted[0]) || !Number.isFinite(sorted.at(-1)))
    throw new RangeError('deciles: a value is not finite');
  const edges: number[] = [];
  for (let bin = 1; bin < BINS; bin++) {
    const edge = sorted[Math.floor((bin * sorted.length) / BINS)];
    if (edge > (edges.at(-1) ?? sorted[0])) edges.push(edge);
  }
  const shares = countOf({ edges, shares: [], usualIndex: 0 }, sorted).shares();
  const reference = { edges, shares, usualIndex: 0 };
  if (windows.length < WINDOWS_MIN) return reference;
  const indices = windows.map((window) => countOf(reference, window).index()).sort((a, b) => a - b);
  return { ...reference, usualIndex: indices[Math.ceil(USUAL_SHARE * indices.length) - 1] as number };
}

function countOf(reference: PopulationReference, values: ArrayLike<number>): PopulationCount {
  const count = new PopulationCount(reference);
  for (let i = 0; i < values.length; i++) count.add(values[i] as number);
  return count;
}

/** How many values of a window fell into each bin of a reference. */
export class PopulationCount {
  readonly #reference: PopulationReference;
  readonly #counts: Uint32Array;
  #total = 0;

  constructor(reference: PopulationReference) {
    this.#reference = reference;
    this.#counts = new Uint32Array(reference.edges.length + 1);
  }

  get total(): number {
    return this.#total;
  }

  add(value: number): void {
    const { edges } = this.#reference;
    let bin = 0;
    while (bin < edges.length && value >= (edges[bin] as number)) bin++;
    this.#counts[bin]++;
    this.#total++;
  }

  shares(): number[] {
    return Array.from(this.#counts, (count) => count / this.#total);
  }

  /**
   * Population Stability Index against the reference: Σ (share − reference) · ln(share / reference). 0 is the same; by
   * custom 0.1 is a change to watch and 0.25 one to act on. NaN before the first value. Half a value is added to each
   * bin, so that an empty one is not infinitely far away.
   */
  index(): number {
    if (this.#total === 0) return Number.NaN;
    const { shares } = this.#reference;
    const bins = this.#counts.length;
    let sum = 0;
    for (let bin = 0; bin < bins; bin++) {
      const share = (this.#counts[bin] + 0.5) / (this.#total + 0.5 * bins);
      const reference = Math.max(shares[bin] as number, 0.5 / this.#total);
      sum += (share - reference) * Math.log(share / reference);
    }
    return sum;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
