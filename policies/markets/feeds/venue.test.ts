import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { framed, wire } from '../../../runtime/fix/testing.ts';
import { type Dialect, dialectOf } from '../../../runtime/fix/venues/dialect.ts';
import { Random } from '../../../runtime/random.ts';
import { plainDecimal, sumOf } from './decimals.ts';
import type { FeedEvent } from './feed.ts';
import { venueFeed } from './venue.ts';

const generic = dialectOf('generic');
const keyed = (keying: Dialect['marketData']['keying'], ...keyTags: number[]): Dialect => ({
  ...generic,
  marketData: { ...generic.marketData, keying, keyTags },
});
const dialects = {
  level: keyed('level', 1023, 290),
  entryId: keyed('entryId', 278),
  orderId: keyed('orderId', 37),
};

function message(seq: number, type: 'W' | 'X', entries: readonly string[]): string {
  const head = `35=${type}|34=${seq}|49=V|56=C|52=20240101-00:00:00.${String(seq % 1000).padStart(3, '0')}|`;
  return framed(`${head}55=AB|268=${entries.length}|${entries.join('')}`);
}

async function eventsOf(t: ExecutionContext, text: string, dialect: Dialect): Promise<FeedEvent[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-venue-feed-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'session.fix');
  writeFileSync(file, wire(text));
  return Array.fromAsync(venueFeed([file], dialect, { takerBps: 0, makerBps: 0 }).events());
}

/** What the events make of one side: price → size. */
class Told {
  readonly bids = new Map<string, string>();

  take({ snapshot, bids }: FeedEvent): Record<string, string> {
    if (snapshot) this.bids.clear();
    for (const [price, size] of bids) {
      if (size === '0') this.bids.delete(price);
      else this.bids.set(price, size);
    }
    return Object.fromEntries([...this.bids].sort(([a], [b]) => Number(a) - Number(b)));
  }
}

interface Order {
  readonly id: number;
  readonly price: number;
  readonly lots: number;
}

const sumsOf = (orders: readonly Order[]): Record<string, string> => {
  const sums = new Map<string, number>();
  for (const { price, lots } of orders) sums.set(String(price), (sums.get(String(price)) ?? 0) + lots);
  return Object.fromEntries(
    [...sums].sort(([a], [b]) => Number(a) - Number(b)).map(([price, lots]) => [price, String(lots)]),
  );
};

for (const [keying, tag] of [
  ['entryId', 278],
  ['orderId', 37],
] as const) {
  test(`a book by ${keying} is at every message what the orders in it add up to`, async (t) => {
    const random = Random.of('venue feed', keying);
    let orders: Order[] = [];
    const text: string[] = [message(1, 'W', [`269=0|270=10|271=5|${tag}=0|`])];
    const truth = [{ '10': '5' } as Record<string, string>];
    orders.push({ id: 0, price: 10, lots: 5 });
    for (let n = 1; n <= 300; n++) {
      const some = orders.length > 0 && random.bernoulli(0.6) ? random.pick(orders) : undefined;
      const [price, lots] = [10 + random.integer(6), 1 + random.integer(9)];
      if (some === undefined) {
        orders.push({ id: n, price, lots });
        text.push(message(n + 1, 'X', [`279=0|269=0|270=${price}.0|271=${lots}|${tag}=${n}|`]));
      } else if (random.bernoulli(0.5)) {
        orders = orders.map((order) => (order === some ? { ...some, price, lots } : order));
        text.push(message(n + 1, 'X', [`279=1|269=0|270=${price}.00|271=${lots}|${tag}=${some.id}|`]));
      } else {
        orders = orders.filter((order) => order !== some);
        // A delete may carry the id alone.
        text.push(message(n + 1, 'X', [`279=2|${tag}=${some.id}|`]));
      }
      truth.push(sumsOf(orders));
    }
    const events = await eventsOf(t, text.join(''), dialects[keying]);
    t.deepEqual(
      events.flatMap(({ problem }) => problem ?? []),
      [],
    );
    const told = new Told();
    t.deepEqual(
      events.map((event) => told.take(event)),
      truth,
    );
  });
}

test('a book by level is at every message what its levels are', async (t) => {
  const random = Random.of('venue feed', 'level');
  let levels: [price: number, lots: number][] = [[1000, 5]];
  const text = [message(1, 'W', ['269=0|270=1000|271=5|1023=1|'])];
  const truth = [{ '1000': '5' } as Record<string, string>];
  for (let n = 1; n <= 300; n++) {
    const at = random.integer(levels.length + 1);
    const lots = 1 + random.integer(9);
    const [above, below] = [levels[at - 1]?.[0] ?? 2000, levels[at]?.[0] ?? 0];
    const roll = random.float();
    const entry = (action: number, rest: string) => `279=${action}|269=0|${rest}1023=${at + 1}|`;
    if (at === levels.length || (roll < 0.4 && above - below > 1)) {
      if (above - below < 2) {
        truth.push(truth.at(-1) as Record<string, string>);
        text.push(message(n + 1, 'X', ['279=0|269=2|270=1|271=1|']));
        continue;
      }
      const price = below + 1 + random.integer(above - below - 1);
      levels.splice(at, 0, [price, lots]);
      text.push(message(n + 1, 'X', [entry(0, `270=${price}|271=${lots}|`)]));
    } else if (roll < 0.6) {
      levels[at] = [(levels[at] as [number, number])[0], lots];
      text.push(message(n + 1, 'X', [entry(1, `270=${levels[at][0]}|271=${lots}|`)]));
    } else if (roll < 0.9 || levels.length < 3) {
      levels.splice(at, 1);
      text.push(message(n + 1, 'X', [entry(2, '')]));
    } else if (roll < 0.95) {
      levels = levels.slice(at + 1);
      text.push(message(n + 1, 'X', [entry(3, '')]));
    } else {
      levels = levels.slice(0, at);
      text.push(message(n + 1, 'X', [entry(4, '')]));
    }
    truth.push(Object.fromEntries([...levels].reverse().map(([price, size]) => [String(price), String(size)])));
  }
  const events = await eventsOf(t, text.join(''), dialects.level);
  t.deepEqual(
    events.flatMap(({ problem }) => problem ?? []),
    [],
  );
  // A change to what a level was is no event; the book after every number is what counts.
  const told = new Told();
  const after = new Map<number, Record<string, string>>();
  for (const event of events) after.set(Number(/message (\d+)/.exec(event.where)?.[1]) - 1, told.take(event));
  let now: Record<string, string> = {};
  for (const [n, expected] of truth.entries()) {
    now = after.get(n) ?? now;
    t.deepEqual(now, expected, `message ${n + 1}`);
  }
});

const W = {
  level: message(1, 'W', ['269=0|270=10|271=5|1023=1|', '269=0|270=9|271=6|1023=2|']),
  entryId: message(1, 'W', ['269=0|270=10|271=5|278=a|', '269=0|270=10|271=0.5|278=b|']),
  orderId: '',
};
const contradictions: readonly [dialect: 'level' | 'entryId', entry: string, problem: string][] = [
  ['level', '279=2|269=0|1023=3|', 'delete of the bid level 3, of which there are 2'],
  ['level', '279=1|269=0|270=8|271=1|1023=3|', 'change of the bid level 3, of which there are 2'],
  ['level', '279=0|269=0|270=7|271=1|1023=4|', 'new of the bid level 4, of which there are 2'],
  ['level', '279=0|269=0|270=7|271=1|1023=0|', 'new of the bid level "0", which is none'],
  ['entryId', '279=0|269=0|270=9|271=1|278=a|', 'new bid a, which is there already'],
  ['entryId', '279=1|269=0|270=9|271=1|278=z|', 'change of the bid z, which is not there'],
  ['entryId', '279=2|278=z|', 'delete of the entry z, which is not there'],
];
for (const [dialect, entry, problem] of contradictions) {
  test(`by ${dialect}, a recording that contradicts itself says so: ${problem}`, async (t) => {
    const events = await eventsOf(t, W[dialect] + message(2, 'X', [entry]), dialects[dialect]);
    t.is(events.at(-1)?.problem, problem);
  });
}

test('what was deleted is not there a second time, and may come anew', async (t) => {
  const remove = '279=2|269=0|278=b|';
  const again = '279=0|269=0|270=10|271=2|278=b|';
  const events = await eventsOf(
    t,
    [W.entryId, ...[remove, again, remove, remove].map((entry, i) => message(i + 2, 'X', [entry]))].join(''),
    dialects.entryId,
  );
  t.deepEqual(
    events.flatMap(({ problem }) => problem ?? []),
    ['delete of the bid b, which is not there'],
  );
});

test('an entry that takes the place of another names it (280), and a price is exactly what its entries add up to', async (t) => {
  const told = new Told();
  const events = await eventsOf(
    t,
    W.entryId + message(2, 'X', ['279=1|269=0|270=9|271=0.25|278=c|280=b|']),
    dialects.entryId,
  );
  t.deepEqual(
    events.map((event) => told.take(event)),
    [{ '10': '5.5' }, { '9': '0.25', '10': '5' }],
  );
  t.is(sumOf(['0.1', '0.2', '7', '-1.05']), '6.25');
  t.is(sumOf([]), '0');
  t.is(plainDecimal('-007.500'), '-7.5');
});

test('where a book recovers by itself, a leap makes it unknown until it is told again', async (t) => {
  const { marketData } = dialects.level;
  const natural: Dialect = {
    ...dialects.level,
    marketData: { ...marketData, recovery: 'natural', gap: { tag: 83, scope: 'instrument' } },
  };
  const level = (action: number, at: number, price: number, rpt: number) =>
    `279=${action}|269=0|270=${price}|271=5|1023=${at}|83=${rpt}|`;
  const events = await eventsOf(
    t,
    [
      message(1, 'X', [level(1, 2, 9, 7)]), // the best is not known: nothing is told
      message(2, 'X', [level(1, 1, 10, 8)]), // now both are
      message(3, 'X', [level(0, 1, 11, 9)]), // pushes 9 behind the last level that was ever named
      message(4, 'X', [level(1, 1, 12, 11)]), // 10 is missing
    ].join(''),
    natural,
  );
  const told = new Told();
  t.deepEqual(
    events.map((event) => [event.snapshot, told.take(event)]),
    [
      [true, { '9': '5', '10': '5' }],
      [false, { '10': '5', '11': '5' }],
      [true, { '12': '5' }],
    ],
  );
  t.deepEqual(
    events.flatMap(({ problem }) => problem ?? []),
    [],
  );
});

test('what is sent again (43=Y) is applied once', async (t) => {
  const again = message(2, 'X', ['279=0|269=0|270=8|271=1|']);
  const dup = framed(again.slice(again.indexOf('35=X'), again.indexOf('10=')).replace('49=V|', '43=Y|49=V|'));
  const events = await eventsOf(t, message(1, 'W', ['269=0|270=9|271=6|']) + again + dup, generic);
  t.deepEqual(
    events.map(({ problem }) => problem),
    [undefined, undefined],
  );
});
