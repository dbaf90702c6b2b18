/**
 * `npm run bench -- quickfix`: market data from bytes to sound books here, beside QuickFIX C++ that only decodes it
 * (dictionary, length, checksum), by the processor time of one core, in turns.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import Table from 'cli-table3';
import { Command } from 'commander';
import { SystemClock } from '../../runtime/clock.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { parseOptions, print, printJson } from '../environment/cli.ts';
import { wholeNumberFrom } from '../environment/whole-number.ts';
import { buildPeer, peerMissing } from '../suites/quickfix/build.ts';
import { inFolder } from '../suites/suite.ts';
import { type Figure, figure, quantile } from './figure.ts';
import { machineOf } from './machine.ts';
import { OurPasses } from './quickfix/ours.ts';
import type { Stream } from './quickfix/sound-messages.ts';
import { streams } from './quickfix/streams.ts';

const RESULTS = path.join(import.meta.dirname, 'quickfix-results.json');
const DICTIONARY = 'data/fix/dictionaries/FIX44.xml.gz';
const checkout = path.resolve(import.meta.dirname, '../..');
/** How many times as many messages ours has to bring to books. */
const LEAST = 8;
const SECONDS_A_ROUND = 0.4;

interface Options {
  readonly rounds: number;
  readonly out?: string;
  readonly json?: boolean;
}

interface Comparison {
  /** The last one is ours with books against theirs without, of each round. */
  readonly figures: readonly Figure[];
  readonly held: boolean;
}

/** @returns 0 done, 1 a ratio is below what it is held to, 2 QuickFIX or its dictionary is not here */
export async function main(args: string[]): Promise<number> {
  const { rounds, out = RESULTS, json } = parseOptions<Options>(command(), args);
  const dictionary = fixture(DICTIONARY);
  const missing = peerMissing() ?? (dictionary === undefined ? `${DICTIONARY} is not among the fixtures` : undefined);
  if (missing !== undefined || dictionary === undefined) {
    process.stderr.write(`${missing}\n`);
    return 2;
  }
  const machine = await machineOf(checkout);
  const comparisons = await inFolder(async (folder) => {
    const xml = path.join(folder, 'FIX44.xml');
    writeFileSync(xml, gunzipSync(readFileSync(dictionary)));
    const peer = { binary: buildPeer(folder), xml };
    return streams.flatMap(({ title, name, make }) => {
      process.stderr.write(`${title}: ${rounds} rounds\n`);
      const stream = make(folder);
      if (typeof stream === 'string') {
        process.stderr.write(`SKIP: ${title}: ${stream}\n`);
        return [];
      }
      return [{ stream: title, ...compare(name, stream, peer, path.join(folder, 'messages.bin'), rounds) }];
    });
  });
  const timeUtc = new Date(new SystemClock().nowUs() / 1000).toISOString();
  const figures = comparisons.flatMap((comparison) => comparison.figures);
  const result = { schema: 'emp/bench-quickfix/v2', timeUtc, machine, rounds, least: LEAST, figures };
  writeFileSync(`${out}.new`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${out}.new`, out);
  if (json === true) printJson(result);
  else print(tableOf(comparisons), `stored in ${out}`);
  return comparisons.every(({ held }) => held) ? 0 : 1;
}

function compare(
  name: string,
  stream: Stream,
  peer: { readonly binary: string; readonly xml: string },
  file: string,
  rounds: number,
): Comparison {
  writeFileSync(file, Buffer.concat(stream.updates.flatMap((message) => [sizeOf(message), message])));
  const withBooks = new OurPasses(stream, { withBooks: true });
  const decodingAlone = new OurPasses(stream, { withBooks: false });
  const rates: Record<'theirs' | 'booked' | 'decoded', number[]> = { theirs: [], booked: [], decoded: [] };
  for (let round = 0; round < rounds; round++) {
    const told = execFileSync(peer.binary, ['bench', peer.xml, file], { encoding: 'utf8' });
    rates.theirs.push(quantile(told.trim().split('\n').map(Number), 0.5));
    rates.booked.push(withBooks.rate(SECONDS_A_ROUND));
    rates.decoded.push(decodingAlone.rate(SECONDS_A_ROUND));
  }
  const against = (ours: readonly number[]) => ours.map((rate, round) => rate / (rates.theirs[round] as number));
  const times = figure(`bookedTimesQuickFixDecoded${name}`, against(rates.booked));
  return {
    figures: [
      figure(`quickFixDecodedPerSecond${name}`, rates.theirs),
      figure(`bookedPerSecond${name}`, rates.booked),
      figure(`decodedPerSecond${name}`, rates.decoded),
      figure(`decodedTimesQuickFixDecoded${name}`, against(rates.decoded)),
      times,
    ],
    held: times.median >= LEAST,
  };
}

function sizeOf(message: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(message.length);
  return size;
}

function tableOf(comparisons: readonly (Comparison & { readonly stream: string })[]): string {
  const table = new Table({
    head: ['stream', 'figure', 'min', 'median', 'max'],
    style: { head: [], border: [] },
  });
  for (const { stream, figures } of comparisons) {
    for (const { name, min, median, max } of figures) table.push([stream, name, min, median, max]);
  }
  return table.toString();
}

function command(): Command {
  return new Command('npm run bench -- quickfix')
    .description('bytes to sound books, beside QuickFIX C++ decoding alone (needs g++ and libquickfix-dev)')
    .option('--rounds <n>', 'of both, in turns', wholeNumberFrom(1), 7)
    .option('--out <file>', 'where the figures are stored; default: scripts/bench/quickfix-results.json')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}
