import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import type { Instrument } from '../../runtime/instrument.ts';
import { readLog } from '../../runtime/replay/log-reader.ts';
import { importLobster, type LobsterOptions } from './lobster.ts';
import { rebuildLobster } from './lobster-rebuild.ts';
import { SyntheticLobster } from './synthetic-lobster.ts';

const instrument: Instrument = {
  symbol: 'TEST',
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5000,
  takerFeeMicroUsdPerLot: 3000,
  makerFeeMicroUsdPerLot: -2000,
};

interface Files {
  readonly options: LobsterOptions;
  readonly messages: string[];
  readonly rows: string[];
}

function files(
  seed: number,
  levels: number,
  change: (files: { messages: string[]; rows: string[] }) => void = () => {},
): Files {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-lobster-'));
  const { messages, rows } = new SyntheticLobster(seed, levels, 600);
  change({ messages, rows });
  const options = {
    messages: path.join(folder, 'messages.csv.gz'),
    orderBook: path.join(folder, 'orderbook.csv'),
    output: path.join(folder, 'log.zst'),
    instrument,
    date: '2012-06-21',
  };
  writeFileSync(options.messages, gzipSync(`${messages.join('\n')}\n`));
  writeFileSync(options.orderBook, `${rows.join('\n')}\n`);
  return { options, messages, rows };
}

for (const levels of [1, 5, 10]) {
  test(`the log's book is the exchange's after every line, ${levels} levels`, async (t) => {
    const { options, messages } = files(levels, levels);
    const { report, metadata } = await importLobster(options);
    t.is(report.mismatches, 0);
    t.is(report.messages, messages.length);
    t.deepEqual(await rebuildLobster(options), { bookChecks: 600, bookMismatches: 0, firstBookMismatch: undefined });
    t.is(metadata?.counts.messages, 600);
    t.is(metadata?.counts.snapshots, 1);
    const trades = messages.slice(1).filter((text) => /^[^,]+,[45],/.test(text));
    t.is(metadata?.counts.trades, trades.length);
    t.is(metadata?.counts.tradesOffTick, trades.filter((text) => Number(text.split(',')[4]) % 100 !== 0).length);
    t.true((metadata?.counts.tradesOffTick ?? 0) > 0);
  });
}

test('times are UTC, prices ticks, and the aggressor the one who did not rest', async (t) => {
  const { options } = files(1, 1, (both) => {
    both.messages.length = 0;
    both.rows.length = 0;
    both.messages.push(
      '34200.000001,1,1,5,2238200,1',
      '34200.5,1,2,7,2239500,-1',
      '34201.0000019,4,2,3,2239500,-1',
      '34202,5,0,9,2238850,1',
    );
    both.rows.push('9999999999,0,2238200,5', '2239500,7,2238200,5', '2239500,4,2238200,5', '2239500,4,2238200,5');
  });
  const { report } = await importLobster(options);
  t.is(report.firstMismatch, undefined);
  const seen: unknown[] = [];
  readLog(options.output, (m) => {
    const entries = Array.from({ length: m.count }, (_, i) => [
      m.action[i],
      m.entryType[i],
      m.priceTicks[i],
      m.quantityLots[i],
      m.aggressor[i],
    ]);
    seen.push([m.snapshot, new Date(m.timeUs / 1000).toISOString(), m.timeUs % 1000, ...entries]);
  });
  t.deepEqual(seen, [
    [true, '2012-06-21T13:30:00.000Z', 1, [0, 0, 22382, 5, 0]],
    [false, '2012-06-21T13:30:00.500Z', 0, [0, 1, 22395, 7, 0]],
    // The resting order was an ask: the buyer came to it.
    [false, '2012-06-21T13:30:01.000Z', 1, [0, 2, 22395, 3, 1], [1, 1, 22395, 4, 0]],
    // Between two ticks: the seller is given the lower one.
    [false, '2012-06-21T13:30:02.000Z', 0, [0, 2, 22388, 9, -1]],
  ]);
});

test('an hour of it begins with its own snapshot', async (t) => {
  const { options } = files(3, 5);
  const part = { ...options, fromSeconds: 34_230, toSeconds: 34_260 };
  const { report, metadata } = await importLobster(part);
  t.true(report.messages > 10 && report.messages < 600, `${report.messages}`);
  t.is((await rebuildLobster(part)).bookMismatches, 0);
  t.true((metadata?.timeUs.first ?? 0) >= Date.UTC(2012, 5, 21, 13, 30, 30) * 1000);
  t.true((metadata?.timeUs.last ?? Infinity) < Date.UTC(2012, 5, 21, 13, 31) * 1000);
});

test('the same files give the same bytes', async (t) => {
  const [first, second] = [files(4, 5).options, files(4, 5).options];
  const a = await importLobster(first);
  const b = await importLobster(second);
  t.is(a.metadata?.sha256, b.metadata?.sha256);
  t.deepEqual(readFileSync(first.output), readFileSync(second.output));
});

test('rows that contradict the messages leave no log', async (t) => {
  const { options } = files(5, 5, ({ rows }) => {
    rows[100] = (rows[100] as string).replace(/,(\d+),/, (_, size) => `,${Number(size) + 1},`);
  });
  const { report, metadata } = await importLobster(options);
  t.is(metadata, undefined);
  t.is(report.firstMismatch?.line, 101);
  t.false(existsSync(options.output));
  t.false(existsSync(`${options.output}.partial`));
});

test('a log that is not of these files does not rebuild', async (t) => {
  const { options } = files(6, 5);
  await importLobster(options);
  const other = files(6, 5, ({ messages, rows }) => {
    messages.splice(300, 1);
    rows.splice(300, 1);
  });
  const report = await rebuildLobster({ ...other.options, output: options.output });
  t.true(report.bookMismatches > 0);
  t.is(report.firstBookMismatch?.line, 301);
});

const bad: Record<string, [(both: { messages: string[]; rows: string[] }) => void, RegExp]> = {
  'a message that is none': [
    ({ messages }) => (messages[7] = '34200.5,9,1,1,1,1'),
    /messages.csv.gz: line 8 is not a message \(34200.5,9,1,1,1,1\)/,
  ],
  'a size of nought': [({ messages }) => (messages[7] = '34200.5,1,1,0,100,1'), /line 8 is not a message/],
  'a row that is none': [
    ({ rows }) => (rows[7] = '1,2,x,4'),
    /orderbook.csv: line 8 is not an order-book row \(1,2,x,4\)/,
  ],
  'a first row that is none': [
    ({ rows }) => (rows[0] = '1,2,3'),
    /orderbook.csv: line 1 is not an order-book row \(1,2,3\)/,
  ],
  'rows missing at the end': [
    ({ rows }) => (rows.length = 590),
    /orderbook.csv: is shorter than the messages \(590 lines\)/,
  ],
  'messages missing at the end': [
    ({ messages }) => (messages.length = 590),
    /orderbook.csv: is longer than the messages \(more than 590 lines\)/,
  ],
  'no rows at all': [({ rows }) => (rows.length = 0), /orderbook.csv: has no rows \(0 lines\)/],
  'a book price between ticks': [
    ({ rows }) => (rows[0] = (rows[0] as string).replace(/^\d+/, '99999950')),
    /line 1: price is off tick|line 1 is not/,
  ],
};
for (const [name, [change, message]] of Object.entries(bad)) {
  test(`bad input is named: ${name}`, async (t) => {
    const { options } = files(7, 1, change);
    await t.throwsAsync(() => importLobster(options), { name: 'BadInput', message });
    t.false(existsSync(options.output));
    t.false(existsSync(`${options.output}.partial`));
  });
}

test('a missing file, a damaged archive, an empty span and a wrong date are named', async (t) => {
  const { options } = files(8, 5);
  await t.throwsAsync(() => importLobster({ ...options, messages: `${options.messages}.csv` }), {
    name: 'BadInput',
    message: /messages.csv.gz.csv: cannot be read \(ENOENT/,
  });
  await t.throwsAsync(() => importLobster({ ...options, fromSeconds: 1, toSeconds: 2 }), {
    message: /has no lines in the time asked for \(0 lines\)/,
  });
  await t.throwsAsync(() => importLobster({ ...options, date: '2012-02-30' }), {
    message: /date: is not a day \(2012-02-30\)/,
  });
  writeFileSync(options.messages, readFileSync(options.messages).subarray(0, 900));
  await t.throwsAsync(() => importLobster(options), {
    name: 'BadInput',
    message: /messages.csv.gz: cannot be read \(unexpected end/,
  });
});
