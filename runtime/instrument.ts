/**
 * What is traded. Prices are integers in ticks, quantities integers in lots, money an integer in micro-USD
 * (1e-6 USD), guarded below 2^53. Mid prices and everything derived from them are in half-ticks.
 */

export interface Instrument {
  readonly symbol: string;
  /** Decimal text, as the wire writes it: "0.01". */
  readonly tickSize: string;
  /** Decimal text: "1" share, "0.001" coin. */
  readonly lotSize: string;
  /** Money value of half a tick on one lot, in micro-USD; an integer, so that mid-price PnL is exact. */
  readonly microUsdPerHalfTickLot: number;
  /** Fee per lot when taking and when making; a rebate is negative. Micro-USD. */
  readonly takerFeeMicroUsdPerLot: number;
  readonly makerFeeMicroUsdPerLot: number;
}

export type Side = 'buy' | 'sell';

/** +1 for a buy, −1 for a sell. */
export function signOf(side: Side): 1 | -1 {
  return side === 'buy' ? 1 : -1;
}

/** Refuses money that a double can no longer hold exactly. */
export function guardMoney(microUsd: number): number {
  if (!Number.isSafeInteger(microUsd)) {
    throw new RangeError(
      `money is not a safe integer (${microUsd}), at most ±${Number.MAX_SAFE_INTEGER} micro-USD is allowed`,
    );
  }
  return microUsd;
}

/** Notional of `quantityLots` at `priceTicks`, in micro-USD, always positive. */
export function notionalMicroUsd(instrument: Instrument, priceTicks: number, quantityLots: number): number {
  return guardMoney(Math.abs(2 * priceTicks * quantityLots * instrument.microUsdPerHalfTickLot));
}

/** An instrument's index in the configured list: the small integer that the hot path uses for a symbol. */
export class InstrumentTable {
  readonly list: readonly Instrument[];
  readonly #ids: ReadonlyMap<string, number>;

  constructor(list: readonly Instrument[]) {
    this.list = list;
    this.#ids = new Map(list.map((instrument, id) => [instrument.symbol, id]));
    if (this.#ids.size !== list.length) throw new RangeError('instruments: a symbol appears twice');
  }

  /** −1 when the symbol is unknown. */
  idOf(symbol: string): number {
    return this.#ids.get(symbol) ?? -1;
  }

  of(id: number): Instrument {
    const instrument = this.list[id];
    if (instrument === undefined)
      throw new RangeError(`instrument id ${id} is not in the table of ${this.list.length}`);
    return instrument;
  }
}
