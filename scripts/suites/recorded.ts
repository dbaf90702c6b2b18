/**
 * The loop on recorded markets: an hour of a real one ends with a verdict, one that can be learned is traded to its
 * end, and one that contradicts itself is found out.
 *
 * Usage: node scripts/suites/recorded.ts [PART-OF-A-CASE'S-NAME]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fixture } from '../../runtime/fixtures.ts';
import type { JsonLine } from '../up/child.ts';
import { writeLog } from './recorded-log.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { trendingInstrument, trendingMarket } from './trending-log.ts';
import { UpProcess } from './up-process.ts';

const HOUR = ['--from', '34200', '--to', '37800'];
const day = (kind: string) => fixture(`data/lob/lobster/AMZN_2012-06-21_34200000_57600000_${kind}_5.csv.gz`);

async function run(...args: readonly string[]): Promise<{ code: number | null; lines: JsonLine[]; stderr: string }> {
  const child = new UpProcess(args);
  const { code } = await child.ended;
  return { code, lines: child.lines, stderr: child.stderr };
}

/** Runs `up` on a log and returns its summary, which must be the last line. */
async function upOn(log: string, state: string): Promise<JsonLine> {
  const { code, lines, stderr } = await run('up', '--once', '--json', '--log', log, '--state', state);
  hold(code === 0, `up ended with ${code}: ${stderr}`);
  const summary = lines.at(-1);
  hold(summary?.event === 'summary', `the last line is not the summary: ${JSON.stringify(summary)}`);
  return summary;
}

async function hourEndsWithVerdict(messages: string, orderBook: string): Promise<void> {
  await inFolder(async (folder) => {
    const log = path.join(folder, 'hour.zst');
    const imported = await run('import', 'lobster', messages, orderBook, '-o', log, ...HOUR, '--verify', '--json');
    const told = imported.lines.at(-1);
    hold(imported.code === 0, `import ended with ${imported.code}: ${imported.stderr}`);
    hold(
      told?.['mismatches'] === 0 && told['bookMismatches'] === 0,
      `the import found mismatches: ${JSON.stringify(told)}`,
    );
    const { promoted, refusedBecause, gates } = await upOn(log, path.join(folder, 'state'));
    const verdicts = gates as Readonly<Record<string, string>>;
    hold(verdicts['book-integrity'] === 'passed', `book-integrity: ${verdicts['book-integrity']}`);
    hold(!Object.values(verdicts).includes('errored'), `a gate could not run: ${JSON.stringify(gates)}`);
    if (promoted === true) return;
    hold(/\d USD a slice|never traded/.test(refusedBecause as string), `a refusal without figures: ${refusedBecause}`);
  });
}

async function wrongRowIsFound(messages: string, orderBook: string): Promise<void> {
  await inFolder(async (folder) => {
    const rows = gunzipSync(readFileSync(orderBook)).toString('latin1').split('\n');
    rows[5000] = (rows[5000] as string).replace(/^(\d+),(\d+)/, (_, price, lots) => `${price},${Number(lots) + 1}`);
    const spoilt = path.join(folder, 'spoilt.csv');
    writeFileSync(spoilt, rows.join('\n'));
    const log = path.join(folder, 'log.zst');
    const { code, lines } = await run('import', 'lobster', messages, spoilt, '-o', log, ...HOUR, '--json');
    hold(code === 1, `import ended with ${code}, only 1 is right`);
    hold(JSON.stringify(lines.at(-1)).includes('5001'), `line 5001 is not named: ${JSON.stringify(lines.at(-1))}`);
  });
}

async function tradedToItsEnd(): Promise<void> {
  await inFolder(async (folder) => {
    const log = path.join(folder, 'trend.zst');
    const state = path.join(folder, 'state');
    writeLog(log, [trendingInstrument], trendingMarket(5, 2400));
    const first = await upOn(log, state);
    hold(first['promoted'] === true, `was not promoted: ${first['refusedBecause']}`);
    hold(first['verified'] === true && (first['fills'] as number) > 0, `was not verified: ${JSON.stringify(first)}`);
    const pnl = first['pnl'] as Readonly<Record<'cross' | 'post' | 'hold' | 'fees' | 'total', number>>;
    hold(pnl.cross + pnl.post + pnl.hold - pnl.fees === pnl.total, `parts do not add up: ${JSON.stringify(pnl)}`);
    const second = await upOn(log, state);
    hold(second['policy'] === first['policy'], 'a second `up` trades another policy');
    const verified = await run('verify', '--state', state, '--json');
    hold(verified.code === 0, `verify ended with ${verified.code}: ${verified.stderr}`);
  });
}

async function shortIsRefused(): Promise<void> {
  await inFolder(async (folder) => {
    const log = path.join(folder, 'short.zst');
    writeLog(log, [trendingInstrument], trendingMarket(5, 600));
    const { code, stderr } = await run('up', '--once', '--log', log, '--state', path.join(folder, 'state'));
    hold(code === 2, `up ended with ${code}, only 2 is right`);
    hold(/is too short: .* \(599 s\), at least \d+ s is allowed/.test(stderr), `it says: ${stderr}`);
  });
}

async function contradictionIsFound(): Promise<void> {
  await inFolder(async (folder) => {
    const log = path.join(folder, 'contradiction.zst');
    const events = trendingMarket(5, 2400);
    const spoilt = events.map((event, i) =>
      i === 2000 ? { ...event, levels: [...event.levels, { side: 'sell' as const, priceTicks: 1, lots: 0 }] } : event,
    );
    writeLog(log, [trendingInstrument], spoilt);
    const { gates, promoted, refusedBecause } = await upOn(log, path.join(folder, 'state'));
    hold(promoted === false, 'a policy was promoted on a log that contradicts itself');
    const verdict = (gates as Readonly<Record<string, string>>)['book-integrity'];
    hold(verdict === 'failed', `book-integrity ${verdict}: ${refusedBecause}`);
  });
}

const suite = new Suite(process.argv[2]);
const [messages, orderBook] = [day('message'), day('orderbook')];
if (messages === undefined || orderBook === undefined) {
  suite.skip('an hour of AMZN', 'its files are not on this machine (EMP_FIXTURES)');
} else {
  await suite.check('an hour of AMZN ends with a verdict and figures', () => hourEndsWithVerdict(messages, orderBook));
  await suite.check('a wrong row in its order book is found', () => wrongRowIsFound(messages, orderBook));
}
await suite.check('a market that can be learned is traded to its end', tradedToItsEnd);
await suite.check('a log that is too short is refused in a sentence', shortIsRefused);
await suite.check('a log that contradicts itself is found out', contradictionIsFound);
// At once: a patience that nobody waits for any more would hold the process.
process.exit(suite.end());
