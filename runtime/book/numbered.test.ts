import test from 'ava';
import fc from 'fast-check';
import { ACTION, ENTRY, MarketData } from '../fix/market-data.ts';
import { InstrumentTable } from '../instrument.ts';
import { Random } from '../random.ts';
import { Books } from './books.ts';
import type { BookIntegrityError } from './integrity.ts';

const money = {
  tickSize: '1',
  lotSize: '1',
  microUsdPerHalfTickLot: 1,
  takerFeeMicroUsdPerLot: 0,
  makerFeeMicroUsdPerLot: 0,
};
const instruments = new InstrumentTable([
  { symbol: 'A', ...money },
  { symbol: 'B', ...money },
]);

/** A venue that numbers each instrument's updates: levels of one side, 1 to 8. */
class Venue {
  readonly levels = new Map<number, number>();
  rptSeq = 1;
  timeUs = 1000;

  update(random: Random, symbolId: number): MarketData {
    const data = new MarketData();
    data.timeUs = ++this.timeUs;
    data.count = 1 + random.integer(3);
    for (let i = 0; i < data.count; i++) {
      const price = 1 + random.integer(8);
      const gone = this.levels.has(price) && random.bernoulli(0.4);
      const lots = 1 + random.integer(50);
      data.action[i] = gone ? ACTION.DELETE : this.levels.has(price) ? ACTION.CHANGE : ACTION.NEW;
      if (gone) this.levels.delete(price);
      else this.levels.set(price, lots);
      put(data, i, symbolId, price, gone ? 0 : lots, ++this.rptSeq);
    }
    return data;
  }

  snapshot(symbolId: number): MarketData {
    const data = new MarketData();
    data.snapshot = true;
    data.timeUs = this.timeUs;
    for (const [price, lots] of this.levels) put(data, data.count++, symbolId, price, lots, this.rptSeq);
    if (data.count === 0) {
      put(data, data.count++, symbolId, 0, 0, this.rptSeq);
      data.entryType[0] = ENTRY.EMPTY;
    }
    return data;
  }
}

function put(data: MarketData, i: number, symbolId: number, price: number, lots: number, rptSeq: number): void {
  data.symbolId[i] = symbolId;
  data.entryType[i] = ENTRY.BID;
  data.priceTicks[i] = price;
  data.quantityLots[i] = lots;
  data.rptSeq[i] = rptSeq;
}

function shown(books: Books, symbolId: number): string {
  const { bids } = books.of(symbolId);
  return Array.from({ length: bids.count }, (_, i) => `${bids.lots(i)}@${bids.priceTicks(i)}`).join(' ');
}
function said({ levels }: Venue): string {
  return [...levels]
    .sort(([a], [b]) => b - a)
    .map(([price, lots]) => `${lots}@${price}`)
    .join(' ');
}

class Client {
  readonly books = new Books(instruments, 4);
  readonly errors: BookIntegrityError[] = [];
  changes = 0;

  take(message: MarketData): void {
    this.books.onMarketData(message, {
      onChange: () => this.changes++,
      onIntegrity: (error) => this.errors.push(error),
    });
  }
}

test('losses, repeats and late snapshots: a live book is the venue’s, and every loss ends in one', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
      const random = Random.of(seed, 'numbered');
      const venue = new Venue();
      const client = new Client();
      let asked: MarketData | undefined;
      client.take(venue.snapshot(0));
      for (let i = 0; i < 80; i++) {
        const update = venue.update(random, 0);
        const roll = random.float();
        if (roll < 0.1) continue;
        client.take(update);
        if (roll < 0.2) client.take(update);
        if (client.books.needsSnapshot(0)) asked ??= venue.snapshot(0);
        else if (client.books.of(0).status === 'live' && roll < 0.9) t.is(shown(client.books, 0), said(venue));
        if (asked !== undefined && random.bernoulli(0.3)) {
          client.take(asked);
          // Whatever was lost since it was taken needs another.
          asked = client.books.needsSnapshot(0) ? venue.snapshot(0) : undefined;
        }
      }
      client.take(venue.snapshot(0));
      t.is(client.books.of(0).status, 'live');
      t.is(shown(client.books, 0), said(venue));
    }),
    { numRuns: 60 },
  );
});

test('a gap concerns its own book only; a snapshot continues with what waited, as one change', (t) => {
  const random = Random.of('gap');
  const [a, b] = [new Venue(), new Venue()];
  const client = new Client();
  for (const [id, venue] of [a, b].entries()) client.take(venue.snapshot(id));
  const twice = a.update(random, 0);
  client.take(twice);
  client.take(twice);
  t.deepEqual(client.errors, [], 'a repeat is no gap');
  const taken = a.snapshot(0);
  const waited = a.update(random, 0);
  a.update(random, 0);
  const after = a.update(random, 0);
  const before = client.changes;
  client.take(waited);
  client.take(after);
  t.deepEqual(
    client.errors.map(({ kind, symbolId }) => `${kind} ${symbolId}`),
    ['SEQUENCE_GAP 0'],
  );
  t.is(client.books.of(1).status, 'live');
  // One from before the loss does not bridge it, and says so.
  client.take(taken);
  t.is(client.errors.length, 2);
  t.true(client.books.needsSnapshot(0));
  const more = a.update(random, 0);
  client.take(a.snapshot(0));
  client.take(more);
  t.is(shown(client.books, 0), said(a));
  t.is(client.changes - before, 2, 'the first update and the snapshot; what it covers is none');
  client.take(b.update(random, 1));
  t.is(shown(client.books, 1), said(b));
});

test('a snapshot by number older than a live book is reported and passed over', (t) => {
  const random = Random.of('old');
  const venue = new Venue();
  const client = new Client();
  const old = venue.snapshot(0);
  old.rptSeq[0] = 1;
  client.take(venue.snapshot(0));
  for (let i = 0; i < 5; i++) client.take(venue.update(random, 0));
  client.take(old);
  t.deepEqual(
    client.errors.map(({ kind }) => kind),
    ['STALE_SNAPSHOT'],
  );
  t.is(shown(client.books, 0), said(venue));
  t.is(client.books.of(0).status, 'live');
});

test('a feed that outruns its snapshot is kept to a bound, and only a newer snapshot continues it', (t) => {
  const client = new Client();
  const data = new MarketData();
  data.timeUs = 5;
  data.count = 4096;
  let rptSeq = 10;
  for (let m = 0; m < 17; m++) {
    for (let i = 0; i < data.count; i++) put(data, i, 0, 1, 1, ++rptSeq);
    client.take(data);
  }
  const snapshot = new MarketData();
  snapshot.snapshot = true;
  snapshot.count = 1;
  put(snapshot, 0, 0, 1, 1, 10);
  client.take(snapshot);
  t.true(client.books.needsSnapshot(0));
  put(snapshot, 0, 0, 3, 9, rptSeq);
  client.take(snapshot);
  t.is(shown(client.books, 0), '9@3');
});
