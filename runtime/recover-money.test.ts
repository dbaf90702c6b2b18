import path from 'node:path';
import test from 'ava';
import type { Account } from './account.ts';
import { Attribution } from './attribution/attribution.ts';
import { Ledger } from './execution/ledger.ts';
import { recover } from './execution/recover.ts';
import { InstrumentTable } from './instrument.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { SqliteJournal } from './journal/sqlite-journal.ts';
import { recoverMoney } from './recover-money.ts';

const instruments = new InstrumentTable([
  {
    symbol: 'A',
    tickSize: '0.01',
    lotSize: '1',
    microUsdPerHalfTickLot: 5000,
    takerFeeMicroUsdPerLot: 3000,
    makerFeeMicroUsdPerLot: -2000,
  },
]);
const fill = { symbol: 'A', liquidity: 'taker', feeMicroUsd: 30_000, midHalfTicks: 201 };

function recovered(slot: string) {
  const journal = new MemoryJournal();
  const marks: object[] = [];
  const attribution = new Attribution(instruments);
  journal.transaction(() => {
    journal.append('boot', 1, { slot: 'one' });
    journal.append('fill', 2, { ...fill, side: 'buy', lots: 10, priceTicks: 101 });
    journal.append('mark', 3, { equityMicroUsd: 5, day: 1, dayStartEquityMicroUsd: 2, peakEquityMicroUsd: 5 });
    journal.append('disable', 4, { reason: 'RISK_HALT', evidence: 'the day is lost' });
    journal.append('disable', 5, { reason: 'WARMUP', evidence: 'rows to come' });
    journal.append('fill', 6, { ...fill, side: 'sell', lots: 10, priceTicks: 102, midHalfTicks: 205 });
  });
  const account = { restore: (state: object) => marks.push(state) } as unknown as Account;
  return { halted: recoverMoney(journal, instruments, attribution, account, slot), attribution, marks };
}

test('money is what the fills made of it, and risk has its marks again', (t) => {
  const { attribution, marks } = recovered('one');
  // Bought half a tick above the mid, sold half a tick below it, while the mid rose by four half-ticks.
  t.deepEqual(attribution.parts(), { cross: -100_000, post: 0, hold: 200_000, fees: 60_000, total: 40_000 });
  t.is(attribution.positionLots(0), 0);
  t.is(attribution.equityMicroUsd(), 10 * 10_000 - 60_000);
  t.like(marks[0], { peakEquityMicroUsd: 5, dayStartEquityMicroUsd: 2 });
});

test('a risk halt outlives a restart under the same slot, and ends with another', (t) => {
  t.is(recovered('one').halted, 'the day is lost');
  t.is(recovered('two').halted, undefined);
});

test('a journal of the first release means the same today: positions, identifiers, money', (t) => {
  const file = path.join(import.meta.dirname, 'journal/stored/v1.sqlite');
  const journal = new SqliteJournal(file, { readOnly: true });
  const { tickSize, lotSize, microUsdPerHalfTickLot, takerFeeMicroUsdPerLot, makerFeeMicroUsdPerLot } =
    instruments.of(0);
  const traded = new InstrumentTable(
    ['SIM-S', 'SIM-M', 'SIM-L'].map((symbol) => ({
      symbol,
      tickSize,
      lotSize,
      microUsdPerHalfTickLot,
      takerFeeMicroUsdPerLot,
      makerFeeMicroUsdPerLot,
    })),
  );
  const ledger = new Ledger(traded, () => {}, 1000);
  t.is(recover(ledger, traded, journal), 45);
  t.deepEqual(
    [0, 1, 2].map((symbolId) => ledger.positions.lots(symbolId)),
    [0, 0, 0],
  );
  const attribution = new Attribution(traded);
  recoverMoney(journal, traded, attribution, { restore: () => {} } as unknown as Account, 'trial');
  t.deepEqual(attribution.parts(), {
    cross: -8_510_000,
    post: 2_720_000,
    hold: -2_480_000,
    fees: 1_705_000,
    total: -9_975_000,
  });
});
