/** `npm run decode`: recorded FIX as JSON lines, by a venue's dialect. */
import { closeSync, createReadStream, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { createGunzip, gunzipSync } from 'node:zlib';
import { Command, Option } from 'commander';
import { stopwatchNs } from '../runtime/clock.ts';
import { readCompact } from '../runtime/fix/dictionary/compact.ts';
import type { Dictionary } from '../runtime/fix/dictionary/dictionary.ts';
import { readQuickFixXml } from '../runtime/fix/dictionary/quickfix-xml.ts';
import { type Dialect, dialectOf, venueNames } from '../runtime/fix/venues/dialect.ts';
import { VenueReader } from '../runtime/fix/venues/reader.ts';
import { HEAD_BYTES, SeparatorFilter, separatorOf } from '../runtime/fix/venues/separators.ts';
import { errorLine, messageLine } from './decode/lines.ts';
import { parseOptions } from './environment/cli.ts';

/** Text kept back until this much of it can be written at once. */
const WRITE_CHARACTERS = 1 << 16;
const PROGRESS_NS = 2e9;

interface Options {
  readonly venue: string;
  readonly dictionary?: string;
  readonly strict?: boolean;
  readonly summary?: boolean;
}

interface Counts {
  messages: number;
  errors: Record<string, number>;
  bytes: number;
  resyncs: number;
  gaps: number;
}

/** @returns 0 every file was read to its end; what is wrong in it is told, not judged */
export async function main(args: string[]): Promise<number> {
  const parser = command();
  const { venue, dictionary, strict, summary } = parseOptions<Options>(parser, args);
  const dialect = dialectOf(venue);
  const files = parser.args;
  for (const file of files) if (!existsSync(file)) throw usage(`${file}: there is no such file`);
  for (const file of files) if (!statSync(file).isFile()) throw usage(`${file}: is not a file`);
  const counts: Counts = { messages: 0, errors: {}, bytes: 0, resyncs: 0, gaps: 0 };
  const own = dictionary === undefined ? undefined : readDictionary(dictionary);
  for (const file of files) {
    await decodeFile(
      file,
      dialect,
      { dictionary: own, strict: strict === true, summaryOnly: summary === true },
      counts,
    );
  }
  await write(`${JSON.stringify({ summary: counts })}\n`);
  return 0;
}

function command(): Command {
  return new Command('npm run decode --')
    .description('prints one JSON line for each message of recorded FIX, and a summary')
    .argument('<files...>', 'logs separated by SOH, | or ^A, with or without text around the messages, plain or gzip')
    .addOption(
      new Option('--venue <name>', `whose dialect: ${venueNames().join(', ')}, or a .json file`).default('generic'),
    )
    .option('--dictionary <file>', 'a dictionary of your own: QuickFIX XML (.xml), or our compact form')
    .option('--strict', 'refuse what the dictionary does not allow: unknown tags, values, missing fields')
    .option('--summary', 'only the summary')
    .option('--json', 'the output is JSON lines in any case')
    .exitOverride();
}

async function decodeFile(
  file: string,
  dialect: Dialect,
  options: { readonly dictionary: Dictionary | undefined; readonly strict: boolean; readonly summaryOnly: boolean },
  counts: Counts,
): Promise<void> {
  const head = headOf(file);
  const separator = separatorOf(head, dialect.begin.tag);
  const filter = new SeparatorFilter(separator);
  let lines: string[] = [];
  let waiting = 0;
  const tell = (line: string) => {
    if (options.summaryOnly) return;
    lines.push(line);
    waiting += line.length;
  };
  const reader = new VenueReader({
    dialect,
    inLines: true,
    summedSeparator: separator.summed,
    strictness: options.strict ? 'dictionary' : 'venue',
    ...(options.dictionary === undefined ? {} : { dictionary: options.dictionary }),
    onMessage: (message) => {
      tell(messageLine(counts.messages + errorsIn(counts), filter.offsetInFile(message.offset), message));
      counts.messages++;
    },
    onError: (error) => {
      tell(errorLine(counts.messages + errorsIn(counts), filter.offsetInFile(error.offset), error));
      counts.errors[error.kind] = (counts.errors[error.kind] ?? 0) + 1;
    },
  });
  const startedNs = stopwatchNs();
  let toldNs = startedNs;
  const flush = async () => {
    const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
    lines = [];
    waiting = 0;
    await write(text);
  };
  for await (const chunk of bytesOf(file)) {
    counts.bytes += chunk.length;
    reader.push(filter.push(chunk));
    if (waiting > WRITE_CHARACTERS) await flush();
    if (stopwatchNs() - toldNs > PROGRESS_NS) {
      toldNs = stopwatchNs();
      process.stderr.write(`${file}: ${counts.messages} messages, ${counts.bytes >> 20} MiB\n`);
    }
  }
  reader.finish();
  counts.resyncs += reader.resyncs;
  counts.gaps += reader.gaps;
  await flush();
}

function errorsIn({ errors }: Counts): number {
  let sum = 0;
  for (const kind in errors) sum += errors[kind] as number;
  return sum;
}

/** Waits while the other end of the pipe does not read. */
async function write(text: string): Promise<void> {
  if (text.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

function headOf(file: string): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  const size = readHead(file, head);
  const bytes = head.subarray(0, size);
  if (!isGzip(bytes)) return bytes;
  // A gzip that ends early gives what it has: the reader says what is wrong when it comes there.
  return gunzipSync(bytes, { finishFlush: 2, maxOutputLength: 1 << 30 }).subarray(0, HEAD_BYTES);
}

function readHead(file: string, into: Uint8Array): number {
  const descriptor = openSync(file, 'r');
  try {
    return readSync(descriptor, into, 0, into.length, 0);
  } finally {
    closeSync(descriptor);
  }
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function bytesOf(file: string): AsyncIterable<Uint8Array> {
  const stream = createReadStream(file, { highWaterMark: 1 << 18 });
  const head = Buffer.alloc(2);
  return isGzip(head.subarray(0, readHead(file, head))) ? stream.pipe(createGunzip()) : stream;
}

function readDictionary(file: string): Dictionary {
  if (!existsSync(file)) throw usage(`${file}: there is no such file`);
  const text = readFileSync(file, 'utf8');
  return file.endsWith('.xml') ? readQuickFixXml(text, file) : readCompact(text, file);
}

function usage(message: string): Error {
  return Object.assign(new Error(message), { exitCode: 2 });
}
