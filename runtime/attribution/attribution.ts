import { guardMoney, type InstrumentTable, type Side, signOf } from '../instrument.ts';

/** Money by origin, micro-USD; `fees` is what was paid (a rebate is negative). `total = cross + post + hold − fees`. */
export interface PnlParts {
  readonly cross: number;
  readonly post: number;
  readonly hold: number;
  readonly fees: number;
  readonly total: number;
}

export interface AttributedFill {
  readonly symbolId: number;
  readonly side: Side;
  readonly quantityLots: number;
  readonly priceTicks: number;
  readonly liquidity: 'maker' | 'taker';
  readonly feeMicroUsd: number;
  /** Mid before the fill's event, half-ticks; NaN when the book has none. */
  readonly midHalfTicks: number;
}

/**
 * Splits the account's profit into what each fill earned or paid against the mid (cross edge by taking, post edge by
 * making), what inventory earned as the mid moved (hold edge), and fees. All integers: the parts equal cash plus
 * position at mid to the last unit, with no residual term.
 */
export class Attribution {
  readonly #instruments: InstrumentTable;
  readonly #positionLots: Float64Array;
  readonly #midHalfTicks: Float64Array;
  readonly #cash: Float64Array;
  readonly #cross: Float64Array;
  readonly #post: Float64Array;
  readonly #hold: Float64Array;
  readonly #fees: Float64Array;

  constructor(instruments: InstrumentTable) {
    const symbols = instruments.list.length;
    this.#instruments = instruments;
    this.#positionLots = new Float64Array(symbols);
    this.#midHalfTicks = new Float64Array(symbols).fill(Number.NaN);
    this.#cash = new Float64Array(symbols);
    this.#cross = new Float64Array(symbols);
    this.#post = new Float64Array(symbols);
    this.#hold = new Float64Array(symbols);
    this.#fees = new Float64Array(symbols);
  }

  /** The mid moved; NaN (a one-sided book) leaves the last known mid in place. */
  onMid(symbolId: number, midHalfTicks: number): void {
    if (Number.isNaN(midHalfTicks)) return;
    const last = this.#midHalfTicks[symbolId];
    if (midHalfTicks === last) return;
    const position = this.#positionLots[symbolId];
    if (position !== 0) {
      const unit = this.#instruments.of(symbolId).microUsdPerHalfTickLot;
      this.#hold[symbolId] += guardMoney(position * (midHalfTicks - last) * unit);
    }
    this.#midHalfTicks[symbolId] = midHalfTicks;
  }

  /**
   * Without a mid the last known one counts. Where there never was one, as for a fill that the venue reports before the
   * first snapshot after a restart, the fill's own price does: it has no edge, and the next mid's distance is hold edge.
   */
  onFill(fill: AttributedFill): void {
    const { symbolId } = fill;
    this.onMid(symbolId, fill.midHalfTicks);
    if (Number.isNaN(this.#midHalfTicks[symbolId])) this.#midHalfTicks[symbolId] = 2 * fill.priceTicks;
    const unit = this.#instruments.of(symbolId).microUsdPerHalfTickLot;
    const signedLots = signOf(fill.side) * fill.quantityLots;
    const edge = guardMoney(signedLots * (this.#midHalfTicks[symbolId] - 2 * fill.priceTicks) * unit);
    if (fill.liquidity === 'taker') this.#cross[symbolId] += edge;
    else this.#post[symbolId] += edge;
    this.#fees[symbolId] += fill.feeMicroUsd;
    this.#cash[symbolId] -= guardMoney(signedLots * 2 * fill.priceTicks * unit) + fill.feeMicroUsd;
    this.#positionLots[symbolId] += signedLots;
  }

  positionLots(symbolId: number): number {
    return this.#positionLots[symbolId];
  }

  /** Last known mid, half-ticks; NaN before the first. */
  midHalfTicks(symbolId: number): number {
    return this.#midHalfTicks[symbolId];
  }

  /** Cash plus position at mid of one symbol: the account's own figure, which the parts must equal. */
  accountMicroUsd(symbolId: number): number {
    const position = this.#positionLots[symbolId];
    if (position === 0) return this.#cash[symbolId];
    const unit = this.#instruments.of(symbolId).microUsdPerHalfTickLot;
    return guardMoney(this.#cash[symbolId] + position * this.#midHalfTicks[symbolId] * unit);
  }

  /** Sum over symbols of `accountMicroUsd`: equity relative to the start. */
  equityMicroUsd(): number {
    let equity = 0;
    for (let id = 0; id < this.#cash.length; id++) equity += this.accountMicroUsd(id);
    return guardMoney(equity);
  }

  parts(symbolId?: number): PnlParts {
    const sum = (values: Float64Array) =>
      symbolId === undefined ? values.reduce((total, value) => total + value, 0) : values[symbolId];
    const [cross, post, hold, fees] = [sum(this.#cross), sum(this.#post), sum(this.#hold), sum(this.#fees)];
    return { cross, post, hold, fees, total: guardMoney(cross + post + hold - fees) };
  }
}
