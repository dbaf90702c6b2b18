import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { type Dialect, dialectOf } from '../../../runtime/fix/venues/dialect.ts';
import { binanceFeed } from './binance.ts';
import type { Feed } from './feed.ts';
import { type FeedReport, importFeed } from './import-feed.ts';
import { IncrementFinder } from './increments.ts';
import { krakenFeed } from './kraken.ts';
import { venueFeed } from './venue.ts';

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'emp-feeds-'));
  t.teardown(() => rmSync(made, { recursive: true }));
  return made;
}

async function report(t: ExecutionContext, open: (files: string[]) => Feed, ...texts: string[]): Promise<FeedReport> {
  const at = folder(t);
  const files = texts.map((text, i) => {
    const file = path.join(at, `${i}.txt`);
    writeFileSync(file, text);
    return file;
  });
  const output = path.join(at, 'log.zst');
  const { report: found, metadata } = await importFeed({ feed: open(files), output, verify: true });
  t.is(existsSync(output), found.mismatches === 0);
  t.is(metadata === undefined, found.mismatches > 0);
  return found;
}

const KRAKEN_START =
  '1.1: [9,{"as":[["101.5","2.00","1.100000"],["102.0","1.00","1.1"]],"bs":[["101.0","3.00","1.1"]]},"book-2","A/B"]';
const krakenUpdate = (side: string, price: string, volume: string, told: string) =>
  `1.2: [9,{"${side}":[["${price}","${volume}","1.200000"]],"c":"${crc32(told)}"},"book-2","A/B"]`;

test('kraken: the checksum is that of the book, as deep as subscribed', async (t) => {
  const better = krakenUpdate('a', '101.2', '0.50', '101250101520010103');
  const sound = await report(
    t,
    krakenFeed,
    // 102.0 falls behind the second level, and is gone when 101.2 goes.
    [
      KRAKEN_START,
      krakenUpdate('a', '101.2', '0.50', '10125010152001010300'),
      krakenUpdate('a', '101.2', '0.00', '10152001010300'),
    ].join('\n'),
  );
  t.deepEqual([sound.checks, sound.mismatches, sound.messages], [2, 0, 3]);
  const wrong = await report(t, krakenFeed, [KRAKEN_START, better].join('\n'));
  t.is(wrong.mismatches, 1);
  t.regex(wrong.firstMismatch?.problem ?? '', /^the book's checksum is \d+, the venue says \d+$/);
});

const SNAPSHOT = '7 {"lastUpdateId":100,"bids":[["9.90","5.0"],["9.80","1.0"]],"asks":[["10.10","4.0"]]}';
const diff = (first: number, last: number, bids: string, asks = '[]') =>
  `8 {"stream":"ab@depth","data":{"e":"depthUpdate","E":${last},"s":"AB","U":${first},"u":${last},"b":${bids},"a":${asks}}}`;
const best = (id: number, bid: string, ask: string) =>
  `8 {"stream":"ab@bookTicker","data":{"u":${id},"s":"AB","b":"${bid}","B":"5.0","a":"${ask}","A":"4.0"}}`;

test('binance: what the snapshot covers is dropped, the update that straddles it is applied', async (t) => {
  const lines = [
    diff(90, 98, '[["9.70","9.9"]]'),
    diff(99, 102, '[["9.80","0.0"]]'),
    SNAPSHOT,
    best(104, '9.90', '10.10'),
    diff(103, 104, '[["9.60","2.0"],["9.50","0.0"]]'),
  ];
  const sound = await report(t, binanceFeed, lines.join('\n'));
  t.deepEqual(sound.detail, {
    checksums: 0,
    bestPrices: 2,
    sequence: 2,
    levels: 6,
    lateEvents: 0,
    levelsOutOfRange: 0,
  });
  t.deepEqual([sound.mismatches, sound.messages], [0, 3]);
  const wrong = await report(t, binanceFeed, [...lines.slice(0, 3), best(104, '9.80', '10.10'), lines[4]].join('\n'));
  t.regex(wrong.firstMismatch?.problem ?? '', /^the best levels are 5 @ 99 \/ 4 @ 101, the venue says 5 @ 98/);
});

test('binance: a lost update, and one that does not reach the snapshot, are found; arrays are put in order', async (t) => {
  const gap = await report(
    t,
    binanceFeed,
    [SNAPSHOT, diff(100, 101, '[["9.7","1.0"]]'), diff(103, 104, '[]')].join('\n'),
  );
  t.regex(gap.firstMismatch?.problem ?? '', /^updates 102 to 102 are missing$/);
  const late = await report(t, binanceFeed, [SNAPSHOT, diff(104, 105, '[["9.7","1.0"]]')].join('\n'));
  t.regex(late.firstMismatch?.problem ?? '', /^updates 101 to 103 are missing$/);
  const update = { e: 'depthUpdate', s: 'AB', b: [['9.7', '1.0']], a: [] };
  const updates = [
    { ...update, E: 101, U: 100, u: 101 },
    { ...update, E: 103, U: 102, u: 103, b: [['9.7', '0.0']] },
  ];
  const trades = [{ e: 'aggTrade', E: 102, s: 'AB', p: '10.10', q: '1.5', m: false }];
  const sound = await report(t, binanceFeed, SNAPSHOT.slice(2), JSON.stringify(updates), JSON.stringify(trades));
  t.deepEqual([sound.mismatches, sound.messages, sound.detail.sequence], [0, 4, 2]);
  await t.throwsAsync(() => report(t, binanceFeed, diff(1, 2, '[["9.7","1.0"]]')), {
    message: 'AB: has no snapshot with updates that continue it (none), a depth snapshot is allowed',
  });
});

function fix(seq: number, type: string, body: string): string {
  const text = `35=${type}|49=V|56=C|34=${seq}|52=20240101-00:00:0${seq}|55=AB|${body}`.replaceAll('|', '\x01');
  const head = `8=FIX.4.4\x019=${text.length}\x01${text}`;
  const sum = [...head].reduce((total, char) => total + char.charCodeAt(0), 0) % 256;
  return `${head}10=${String(sum).padStart(3, '0')}\x01`;
}
const W = fix(1, 'W', '268=2|269=0|270=9.5|271=10|269=1|270=10.5|271=20|');
const X = fix(2, 'X', '268=2|279=1|269=0|270=9.5|271=7|279=0|269=2|270=10.5|271=3|54=1|');
const fees = { takerBps: 0, makerBps: 0 };

test('fix: levels, trades and the session’s numbers', async (t) => {
  const open = (files: string[]) => venueFeed(files, dialectOf('generic'), fees);
  const sound = await report(t, open, `${W}\n${X}\n`);
  t.deepEqual([sound.mismatches, sound.messages, sound.checks], [0, 2, 5]);
  t.deepEqual(sound.instruments[0]?.instrument.tickSize, '0.5');
  const cases: [string, RegExp][] = [
    [W + fix(3, 'X', '268=1|279=1|269=0|270=9.5|271=7|'), /^message 3 of V follows 1$/],
    [W + fix(2, 'X', '268=1|279=2|269=0|270=9|271=7|'), /^delete of the bid at 9, which is not there$/],
    [W + fix(2, 'X', '268=1|279=0|269=1|270=10.50|271=7|'), /^new of the ask at 10.5, which is there already$/],
    [W + X.replace('271=7', '271=8'), /^the message at byte \d+ is refused: BAD_CHECKSUM$/],
    [W + fix(2, 'X', '268=1|279=0|269=0|270=11|271=7|'), /^the book refuses it: CROSSED$/],
  ];
  for (const [text, problem] of cases) t.regex((await report(t, open, text)).firstMismatch?.problem ?? '', problem);
});

const openAs = (venue: string) => (files: string[]) => venueFeed(files, dialectOf(venue), fees);

test('fix: an event in several messages is one, and its book is judged when it ends', async (t) => {
  const crossing = '268=1|279=0|269=0|270=11|271=7|';
  const mending = '268=1|279=2|269=1|270=10.5|';
  const end = '5799=10000000|';
  const of = {
    binance: [fix(2, 'X', `893=N|${crossing}`), fix(3, 'X', `893=Y|${mending}`)],
    // Nothing but the end is left to tell.
    cme: [fix(2, 'X', `5799=00000000|268=2|${crossing.slice(6)}${mending.slice(6)}`), fix(3, 'X', `${end}268=0|`)],
  };
  const cme: Dialect = { ...dialectOf('generic') };
  cme.marketData = { ...cme.marketData, event: dialectOf('cme').marketData.event };
  const sound = [
    await report(t, openAs('binance'), W + of.binance.join('')),
    await report(t, (files) => venueFeed(files, cme, fees), W + of.cme.join('')),
  ];
  for (const { messages, firstMismatch } of sound) t.deepEqual([messages, firstMismatch], [2, null]);
  const apart = await report(t, openAs('generic'), W + fix(2, 'X', crossing) + fix(3, 'X', mending));
  t.is(apart.firstMismatch?.problem, 'the book refuses it: CROSSED');
  const cut = await report(t, openAs('binance'), W + of.binance[0]);
  t.is(cut.firstMismatch?.problem, 'the recording ends in the middle of an event');
});

test('fix: a snapshot in several messages is one', async (t) => {
  const more = '268=2|269=0|270=9|271=1|269=1|270=11|271=2|';
  const first = fix(1, 'W', '893=N|268=2|269=0|270=9.5|271=10|269=1|270=10.5|271=20|');
  const both = await report(t, openAs('binance'), first + fix(2, 'W', `893=Y|${more}`));
  // Four levels of one snapshot, each side's count beside.
  t.deepEqual([both.mismatches, both.messages, both.detail.levels], [0, 1, 4]);
});

test("fix: Kraken's checksum of the book, by the decimals of its list of instruments", async (t) => {
  const list = (price: number, quantity: number) =>
    fix(1, 'y', `320=1|322=1|560=0|146=1|55=AB|2349=${price}|5010=${quantity}|`);
  const start = fix(2, 'W', '268=2|269=0|270=9.5|271=1.25|269=1|270=10.0|271=0.5|');
  const update = (told: string) => fix(3, 'X', `268=1|279=1|269=0|270=9.5|271=3.0|5041=${crc32(told)}|`);
  // Asks, then bids: 10.00, 0.500; 9.50, 3.000.
  const of = async (...texts: string[]) => report(t, openAs('kraken'), texts.join(''));
  const sound = await of(list(2, 3), start, update('10005009503000'));
  t.deepEqual([sound.mismatches, sound.checks, sound.detail.checksums], [0, 1, 1]);
  t.is((await of(start, update('1005095300'))).mismatches, 0, 'the decimals that are written: 10.0, 0.50; 9.5, 3.00');
  const wrong = await of(list(2, 3), start, update('10005009503001'));
  t.regex(wrong.firstMismatch?.problem ?? '', /^the book's checksum is \d+, the venue says \d+$/);
});

test('the coarsest increment of 1, 2 or 5 that holds every number', (t) => {
  const cases: [string[], string][] = [
    [['7763.0000', '7762.5000', '0.0000'], '0.5'],
    [['1.10', '1.00', '20.3'], '0.1'],
    [['1.2', '1.4', '3'], '0.2'],
    [['18830', '3850', '300'], '10'],
    [['500', '1500'], '500'],
    [['0.00000012', '1'], '0.00000002'],
  ];
  for (const [texts, increment] of cases) {
    const finder = new IncrementFinder();
    for (const text of texts) t.true(finder.add(text));
    t.is(finder.increment(), increment);
  }
  t.is(new IncrementFinder().increment(), undefined);
  for (const text of ['', '1e5', 'NaN', '+1', '1.2.3']) t.false(new IncrementFinder().add(text));
});
