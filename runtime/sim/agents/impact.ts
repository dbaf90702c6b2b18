/** Samples are taken this far apart, and judged this long after. */
const EVERY_US = 5_000_000;
const HORIZON_US = 30_000_000;
const PENDING = HORIZON_US / EVERY_US;
/** What was learned halves its weight in an hour. */
const FORGET = 0.5 ** (EVERY_US / 3_600_000_000);

/**
 * How much signed flow tells about value: an online regression, through the origin, of the change of the publicly known
 * value over the next 30 s on the flow before it. Nothing is assumed: it begins at nothing, and where nobody informed
 * trades it stays near nothing.
 */
export class Impact {
  readonly #flow = new Float64Array(PENDING);
  readonly #value = new Float64Array(PENDING);
  #taken = 0;
  #dueUs: number;
  #products = 0;
  #squares: number;
  #lambda = 0;

  /** `scaleLots`: a flow worth noticing; the regression starts as if it had seen a few such without effect. */
  constructor(startUs: number, scaleLots: number) {
    this.#dueUs = startUs + EVERY_US;
    this.#squares = PRIOR_SAMPLES * scaleLots * scaleLots;
  }

  /** Ticks per lot of remembered flow; never negative: flow is not believed to mislead. */
  get ticksPerLot(): number {
    return this.#lambda;
  }

  /** Takes a sample if one is due, and learns from the one taken `HORIZON_US` ago. */
  observe(timeUs: number, flowLots: number, valueTicks: number): void {
    if (timeUs < this.#dueUs) return;
    const i = this.#taken % PENDING;
    if (this.#taken >= PENDING) {
      this.#products = FORGET * this.#products + this.#flow[i] * (valueTicks - this.#value[i]);
      this.#squares = FORGET * this.#squares + this.#flow[i] * this.#flow[i];
      this.#lambda = Math.max(0, this.#products / this.#squares);
    }
    this.#flow[i] = flowLots;
    this.#value[i] = valueTicks;
    this.#taken++;
    this.#dueUs = timeUs + EVERY_US;
  }

  state(): number[] {
    return [this.#taken, this.#dueUs, this.#products, this.#squares, this.#lambda, ...this.#flow, ...this.#value];
  }

  restore(state: readonly number[]): void {
    [this.#taken, this.#dueUs, this.#products, this.#squares, this.#lambda] = state as [
      number,
      number,
      number,
      number,
      number,
    ];
    this.#flow.set(state.slice(5, 5 + PENDING));
    this.#value.set(state.slice(5 + PENDING));
  }
}

const PRIOR_SAMPLES = 20;
