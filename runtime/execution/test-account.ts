import { SimulatedClock } from '../clock.ts';
import { InstrumentTable } from '../instrument.ts';
import type { Journal } from '../journal/journal.ts';
import type { Anomaly } from './anomaly.ts';
import { Execution } from './execution.ts';
import type { FakeExchange } from './fake-exchange.ts';
import { FakeLink } from './fake-link.ts';
import type { Fill } from './fill.ts';
import type { Reconciliation } from './reconcile.ts';

const terms = {
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5000,
  takerFeeMicroUsdPerLot: 3000,
  makerFeeMicroUsdPerLot: -2000,
};

export const instruments = new InstrumentTable([
  { symbol: 'AAA', ...terms },
  { symbol: 'BBB', ...terms },
]);

/** An account connected to a fake exchange, with everything that it was told. For tests. */
export class TestAccount {
  readonly exchange: FakeExchange;
  readonly journal: Journal;
  readonly clock = new SimulatedClock(1_000_000);
  readonly link: FakeLink;
  readonly execution: Execution;
  readonly fills: Fill[] = [];
  readonly anomalies: Anomaly[] = [];
  readonly reconciliations: Reconciliation[] = [];
  /** Our resting lots as the listener was told: "symbol side price" → lots. */
  readonly resting = new Map<string, number>();

  constructor(exchange: FakeExchange, journal: Journal, closedKept = 1000) {
    this.exchange = exchange;
    this.journal = journal;
    this.link = new FakeLink(exchange, journal);
    this.execution = new Execution({
      venue: this.link,
      journal,
      clock: this.clock,
      instruments,
      closedKept,
      midHalfTicks: () => 201,
      onFill: (fill) => this.fills.push(fill),
      onAnomaly: (anomaly) => this.anomalies.push(anomaly),
      onReconciled: (result) => this.reconciliations.push(result),
      onResting: (symbolId, side, priceTicks, lots) => {
        const key = `${symbolId} ${side} ${priceTicks}`;
        if (lots === 0) this.resting.delete(key);
        else this.resting.set(key, lots);
      },
    });
    this.execution.recover();
  }

  connect(): void {
    this.link.batch(() => this.execution.onSessionUp());
  }

  /** Connects and reconciles, as a start does. */
  start(): this {
    this.connect();
    this.settle();
    return this;
  }

  settle(): void {
    this.link.settle(this.execution);
  }

  buy(lots: number, priceTicks = 100, symbolId = 0): string {
    return this.execution.place(1, {
      symbolId,
      side: 'buy',
      priceTicks,
      quantityLots: lots,
      timeInForce: 'day',
      postOnly: false,
    });
  }

  sell(lots: number, priceTicks = 101, symbolId = 0): string {
    return this.execution.place(1, {
      symbolId,
      side: 'sell',
      priceTicks,
      quantityLots: lots,
      timeInForce: 'day',
      postOnly: false,
    });
  }

  positions(): number[] {
    return instruments.list.map((_, symbolId) => this.execution.positionLots(symbolId));
  }
}
