/** `node scripts/suites/books.ts [CASE]`: recordings of real venues become logs whose books are the venue's own. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { krakenFeed } from '../../policies/markets/feeds/kraken.ts';
import { LobsterCheck } from '../../policies/markets/lobster-check.ts';
import { parseMessage, parseRow } from '../../policies/markets/lobster-row.ts';
import { framed, wire } from '../../runtime/fix/testing.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { Random } from '../../runtime/random.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { UpProcess } from './up-process.ts';

const LOBSTER = 'data/lob/lobster';
const BINANCE = 'data/lob/binance';
const RAW = 'data/lob/rawfeeds';

interface Recording {
  readonly market: string;
  readonly files: readonly string[];
  /** What the import's JSON must say, beside no mismatch. */
  readonly expected?: Readonly<Record<string, number>>;
  readonly flags?: readonly string[];
}

const recordings: Readonly<Record<string, Recording>> = {
  'Kraken, every checksum': { market: 'kraken', files: [`${RAW}/KRAKEN.ws.50.0.gz`], expected: { checks: 4269 } },
  'Deribit over FIX': {
    market: 'deribit',
    files: ['data/fix/logs/deribit_BTC-PERPETUAL_20191129_first462_restored.fix.gz'],
    expected: { messages: 461 },
  },
  'CME over FIX, books by level that recover by themselves': {
    market: 'fix',
    files: ['data/fix/logs/cme_mdff_sample_lines001-100.fix.gz'],
    flags: ['--venue', 'cme'],
    expected: { messages: 510 },
  },
  'Binance spot BTC, two days in a row': {
    market: 'binance',
    files: [`${BINANCE}/spot_btcusdt_20240808.gz`, `${BINANCE}/spot_btcusdt_20240809.gz`],
  },
  'Binance spot ETH, two days in a row': {
    market: 'binance',
    files: [`${BINANCE}/spot_ethusdt_20240808.gz`, `${BINANCE}/spot_ethusdt_20240809.gz`],
  },
  'Binance futures BTC': { market: 'binance', files: [`${BINANCE}/usdm_btcusdt_20240808.gz`] },
  'Binance futures ETH': { market: 'binance', files: [`${BINANCE}/usdm_ethusdt_20240808.gz`] },
  'Binance spot, snapshot and arrays': {
    market: 'binance',
    files: ['snapshot', 'update', 'trades'].map((kind) => `${BINANCE}/ETHBTC_2020-11-01T09_${kind}.json.gz`),
  },
  'Binance spot, four symbols': {
    market: 'binance',
    files: [`${RAW}/BINANCE.http.0.0.gz`, `${RAW}/BINANCE.ws.1.0.gz`],
  },
  'LOBSTER AMZN, five levels': {
    market: 'lobster',
    files: lobsterFiles('AMZN', 5),
    expected: { messages: 155_935, revealed: 33_840, bookChecks: 155_935 },
  },
  'LOBSTER AAPL, one level': { market: 'lobster', files: lobsterFiles('AAPL', 1), expected: { messages: 118_497 } },
};

function lobsterFiles(symbol: string, levels: number): string[] {
  return ['message', 'orderbook'].map(
    (kind) => `${LOBSTER}/${symbol}_2012-06-21_34200000_57600000_${kind}_${levels}.csv.gz`,
  );
}

const suite = new Suite(process.argv[2]);

for (const [name, { market, files, expected = {}, flags = [] }] of Object.entries(recordings)) {
  const found = files.map((file) => fixture(file));
  if (found.some((file) => file === undefined)) {
    suite.skip(name, `${files[found.indexOf(undefined)]} is not among the fixtures`);
    continue;
  }
  await suite.check(name, () =>
    inFolder(async (folder) => {
      const log = path.join(folder, 'log.zst');
      const child = new UpProcess([
        'import',
        market,
        ...(found as string[]),
        ...flags,
        '-o',
        log,
        '--verify',
        '--json',
      ]);
      const { code } = await child.ended;
      const said: Readonly<Record<string, unknown>> = child.lines.at(-1) ?? {};
      hold(code === 0, `exit ${code}: ${child.stderr}${JSON.stringify(said).slice(0, 400)}`);
      hold(said['mismatches'] === 0 && said['firstMismatch'] === null, JSON.stringify(said));
      for (const [key, value] of Object.entries(expected))
        hold(said[key] === value, `${key} is ${said[key]}, not ${value}`);
      hold((said['checks'] as number) > 0 && existsSync(log), 'nothing was checked, or no log was left');
    }),
  );
}

const kraken = recordings['Kraken, every checksum']?.files.map((file) => fixture(file))[0];
const asFixCase = 'Kraken over FIX, every checksum (5041)';
if (kraken === undefined) suite.skip(asFixCase, `${RAW}/KRAKEN.ws.50.0.gz is not among the fixtures`);
else {
  await suite.check(asFixCase, () =>
    inFolder(async (folder) => {
      const messages = await asFix(kraken);
      const said = async (name: string, session: readonly string[]) => {
        const file = path.join(folder, name);
        writeFileSync(file, wire(session.join('')));
        const child = new UpProcess([
          'import',
          'fix',
          '--venue',
          'kraken',
          file,
          '-o',
          `${file}.zst`,
          '--verify',
          '--json',
        ]);
        const { code } = await child.ended;
        return { code, found: child.lines.at(-1) ?? {} };
      };
      const sound = await said('sound.fix', messages);
      hold(sound.code === 0 && sound.found['checks'] === 4269, JSON.stringify(sound).slice(0, 400));
      const at = messages.findIndex((message, i) => touchesTheTop(message, messages.slice(0, i)));
      const altered = messages.with(
        at,
        reframed(messages[at] as string, (body) => body.replace(/271=[^|]+/, '271=0.125')),
      );
      const wrong = await said('altered.fix', altered);
      hold(
        wrong.code === 1 && wrong.found['mismatches'] !== 0,
        `an altered size: ${JSON.stringify(wrong).slice(0, 400)}`,
      );
    }),
  );
}

/** A recording of Kraken's WebSocket channel as its FIX sessions would tell it; checksums and decimals are the venue's own. */
async function asFix(file: string): Promise<string[]> {
  const levels = new Map<string, Map<string, string>>();
  const printed = new Map<string, readonly [price: string, quantity: string]>();
  const session: string[] = [];
  for await (const { symbol, snapshot, bids, asks, witness } of krakenFeed([file]).events()) {
    if (snapshot) levels.set(symbol, new Map());
    const known = levels.get(symbol) as Map<string, string>;
    const entries = [bids, asks].flatMap((side, type) =>
      side.flatMap(([price, quantity]) => {
        printed.set(symbol, [price, quantity]);
        const key = `${type} ${price}`;
        const [was, gone] = [known.has(key), Number(quantity) === 0];
        if (gone) known.delete(key);
        else known.set(key, quantity);
        if (gone && !was) return [];
        const action = snapshot ? '' : `279=${gone ? 2 : was ? 1 : 0}|`;
        return [`${action}269=${type}|270=${price}|271=${quantity}|`];
      }),
    );
    const checksum = witness?.crc32 === undefined ? '' : `5041=${witness.crc32}|`;
    session.push(`35=${snapshot ? 'W' : 'X'}|HEAD|55=${symbol}|268=${entries.length}|${entries.join('')}${checksum}`);
  }
  const decimals = (text: string) => text.length - 1 - text.indexOf('.');
  const instruments = [...printed].map(
    ([symbol, [price, quantity]]) => `55=${symbol}|5010=${decimals(quantity)}|2349=${decimals(price)}|`,
  );
  session.unshift(`35=y|HEAD|320=1|322=1|560=0|146=${instruments.length}|${instruments.join('')}`);
  return session.map((body, n) => framed(body.replace('HEAD', `34=${n + 1}|49=KRAKEN-MD|56=C|52=20210417-16:48:53`)));
}

/** An update of one level after which its symbol's checksum is another one: the level is among the ten best. */
function touchesTheTop(message: string, before: readonly string[]): boolean {
  const [symbol, checksum] = [/\|55=[^|]+\|/.exec(message)?.[0], /\|5041=\d+\|/.exec(message)?.[0]];
  const last = before.findLast((one) => symbol !== undefined && one.includes(symbol) && one.includes('|5041='));
  if (checksum === undefined || last === undefined || last.includes(checksum)) return false;
  return message.includes('|268=1|279=1|');
}

function reframed(message: string, change: (body: string) => string): string {
  return framed(change(message.slice(message.indexOf('35='), message.lastIndexOf('10='))));
}

/** Lines of real files, from their beginning; a change anywhere in them has to be found. */
const ALTERED_LINES = 4000;
const ALTERATIONS = 200;

for (const [symbol, levels] of [
  ['AMZN', 5],
  ['AAPL', 1],
] as const) {
  const name = `LOBSTER ${symbol}: one altered number, anywhere, is found`;
  const [messagesFile, rowsFile] = lobsterFiles(symbol, levels).map((file) => fixture(file));
  if (messagesFile === undefined || rowsFile === undefined) {
    suite.skip(name, `${LOBSTER} is not among the fixtures`);
    continue;
  }
  await suite.check(name, () => {
    const [messages, rows] = [messagesFile, rowsFile].map((file) =>
      gunzipSync(readFileSync(file)).toString('latin1').split(/\r?\n/, ALTERED_LINES),
    ) as [string[], string[]];
    const revealedAt = revealedLines(messages, rows, levels);
    const random = Random.of('altered', symbol);
    const missed: string[] = [];
    let untold = 0;
    for (let i = 0; i < ALTERATIONS; i++) {
      const lines = random.bernoulli(0.5) ? messages : rows;
      // The first and last line have a neighbour on one side only.
      const at = 1 + random.integer(ALTERED_LINES - 2);
      const line = lines[at] as string;
      const altered = alter(line, random, lines === messages);
      if (altered === undefined) continue;
      lines[at] = altered;
      if (mismatchesIn(messages, rows, levels) === 0) {
        // A last level that enters from outside on this line and leaves on the next is said once: nothing contradicts it.
        if (lines === rows && revealedAt.has(at) && !differsBeforeLast(line, altered)) untold++;
        else missed.push(`line ${at + 1}: ${line} → ${altered}`);
      }
      lines[at] = line;
    }
    if (untold > 0) console.log(`        ${untold} of ${ALTERATIONS} changed what the files say only once`);
    hold(missed.length === 0, `${missed.length} of ${ALTERATIONS} were missed:\n${missed.slice(0, 10).join('\n')}`);
  });
}

/** One field changed to another plausible value. @returns undefined where the files cannot tell: see the markets' README */
function alter(line: string, random: Random, message: boolean): string | undefined {
  const fields = line.split(',');
  if (message) {
    // Hidden executions leave no trace in the book, and neither do ids, which may be anything.
    if (fields[1] === '5') return undefined;
    const at = 3 + random.integer(3);
    if (at === 3) fields[3] = String(Number(fields[3]) + 1 + random.integer(50));
    else if (at === 4) fields[4] = String(Number(fields[4]) + 100 * (1 + random.integer(5)));
    else fields[5] = fields[5] === '1' ? '-1' : '1';
  } else {
    const at = random.integer(fields.length);
    const step = at % 2 === 0 ? 100 : 1;
    fields[at] = String(Number(fields[at]) + step * (1 + random.integer(5)));
  }
  return fields.join(',');
}

/** Whether a row's first levels differ, and not only its last. */
function differsBeforeLast(a: string, b: string): boolean {
  const all = [a, b].map((line) => line.split(',').slice(0, -4).join());
  return all[0] !== all[1];
}

/** Lines, from 0, on which a level enters from outside the window. @throws Error when the files do not check */
function revealedLines(messages: readonly string[], rows: readonly string[], levels: number): ReadonlySet<number> {
  const check = new LobsterCheck(levels);
  const lines = new Set<number>();
  for (let i = 0; i < messages.length; i++) {
    const [message, row] = [parseMessage(messages[i] as string), parseRow(rows[i] as string, levels)];
    hold(message !== undefined && row !== undefined, `line ${i + 1} cannot be read`);
    const before = check.revealed;
    check.next(i + 1, message, row);
    if (check.revealed > before) lines.add(i);
  }
  hold(check.mismatches === 0, 'the files as they are do not check');
  return lines;
}

/** Mismatches of the check; a line that is no longer a row or a message at all counts as one. */
function mismatchesIn(messages: readonly string[], rows: readonly string[], levels: number): number {
  const check = new LobsterCheck(levels);
  for (let i = 0; i < messages.length; i++) {
    const message = parseMessage(messages[i] as string);
    const row = parseRow(rows[i] as string, levels);
    if (message === undefined || row === undefined) return 1;
    check.next(i + 1, message, row);
    if (check.mismatches > 0) return check.mismatches;
  }
  return 0;
}

process.exitCode = suite.end();
