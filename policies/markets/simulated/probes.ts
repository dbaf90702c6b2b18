import type { Sign } from '../../../runtime/sim/book-event.ts';
import type { Exchange } from '../../../runtime/sim/exchange.ts';
import type { SymbolProfile } from '../../../runtime/sim/profile.ts';
import { type ObserveOptions, OPEN_US, openOne } from './observe.ts';

/** Traders without a model, on a simulated symbol: what the market pays for a secret, and for mere patience. */

const PROBE = 1;
const DECISION_US = 250_000;
const LATENCY_US = 1_000;

/** A trading account in ticks × lots, fees included; fed by the exchange's own trades. */
class Account {
  position = 0;
  cash = 0;
  readonly #makerFee: number;
  readonly #takerFee: number;

  constructor(profile: SymbolProfile) {
    const tick = 2 * profile.instrument.microUsdPerHalfTickLot;
    this.#makerFee = profile.instrument.makerFeeMicroUsdPerLot / tick;
    this.#takerFee = profile.instrument.takerFeeMicroUsdPerLot / tick;
  }

  fill(sign: Sign, priceTicks: number, lots: number, taker: boolean): void {
    this.position += sign * lots;
    this.cash -= sign * lots * priceTicks + lots * (taker ? this.#takerFee : this.#makerFee);
  }

  equity(midTicks: number): number {
    return this.cash + this.position * midTicks;
  }
}

function openAccount(profile: SymbolProfile, options: ObserveOptions): { exchange: Exchange; account: Account } {
  const account = new Account(profile);
  const exchange = openOne(profile, options, 1, () => {
    const { event } = exchange.book(0);
    for (let i = 0; i < event.tradeCount; i++) {
      const lots = event.tradeLots[i];
      const price = event.tradePriceTicks[i];
      if (event.tradeMakerOwner[i] === PROBE) account.fill(event.takerSign > 0 ? -1 : 1, price, lots, false);
      if (event.takerOwner === PROBE) account.fill(event.takerSign, price, lots, true);
    }
  });
  return { exchange, account };
}

/** Rests `lots` at both touches and follows them: no forecast, only patience. Ticks per lot and minute, after fees. */
export function patientPoster(profile: SymbolProfile, options: ObserveOptions, lots: number): number {
  const { exchange, account } = openAccount(profile, options);
  const book = exchange.book(0);
  const orders = { '1': 0, '-1': 0 };
  const endUs = OPEN_US + options.minutes * 60_000_000;
  for (let now = OPEN_US; now < endUs; now += DECISION_US) {
    exchange.advanceTo(now);
    const targets = { '1': book.bids.bestTicks, '-1': book.asks.bestTicks };
    const position = account.position;
    exchange.advanceTo(now + LATENCY_US);
    for (const sign of [1, -1] as const) {
      const key = `${sign}` as const;
      const full = sign * position >= 3 * lots;
      const resting = book.priceOf(orders[key]);
      if (resting !== 0 && (full || resting !== targets[key])) exchange.cancel(0, orders[key]);
      if (full || targets[key] === 0 || book.lotsOf(orders[key]) > 0) continue;
      orders[key] = exchange.submit(PROBE, 0, sign, targets[key], lots, 'postOnly');
    }
  }
  return account.equity(book.midHalfTicks() / 2) / lots / options.minutes;
}

/** Knows the sign of each secret from a third of its window on: crosses then, and back when it is out. Ticks per secret. */
export function oracle(profile: SymbolProfile, options: ObserveOptions, lots: number): number[] {
  const { exchange, account } = openAccount(profile, options);
  const { value } = exchange.inspect(0);
  const gains: number[] = [];
  const endUs = OPEN_US + options.minutes * 60_000_000;
  let traded = 0;
  for (let now = OPEN_US; now < endUs; now += DECISION_US) {
    exchange.advanceTo(now);
    const { hiddenTicks, windowStartUs, windowEndUs } = value;
    const third = windowStartUs + (windowEndUs - windowStartUs) / 3;
    if (hiddenTicks !== 0 && windowStartUs !== traded && now >= third) {
      traded = windowStartUs;
      cross(exchange, hiddenTicks > 0 ? 1 : -1, lots);
    } else if (hiddenTicks === 0 && account.position !== 0) {
      cross(exchange, account.position > 0 ? -1 : 1, Math.abs(account.position));
      if (account.position !== 0) continue;
      gains.push(account.cash / lots);
      account.cash = 0;
    }
  }
  return gains;
}

function cross(exchange: Exchange, sign: Sign, lots: number): void {
  const { asks, bids } = exchange.book(0);
  const best = sign > 0 ? asks.bestTicks : bids.bestTicks;
  if (best !== 0) exchange.submit(PROBE, 0, sign, best + sign * 10, lots, 'ioc');
}
