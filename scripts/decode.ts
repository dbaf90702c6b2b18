/** `npm run decode`: recorded FIX as JSON lines, by a venue's dialect. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { Command, Option } from 'commander';
import { readCompact } from '../runtime/fix/dictionary/compact.ts';
import type { Dictionary } from '../runtime/fix/dictionary/dictionary.ts';
import { readQuickFixXml } from '../runtime/fix/dictionary/quickfix-xml.ts';
import { dialectOf, venueNames } from '../runtime/fix/venues/dialect.ts';
import { Counts, decodeFile } from './decode/decode-file.ts';
import { parseOptions } from './environment/cli.ts';

interface Options {
  readonly venue: string;
  readonly dictionary?: string;
  readonly strict?: boolean;
  readonly summary?: boolean;
}

/** @returns 0 every file was read to its end; what is wrong in it is told, not judged */
export async function main(args: string[]): Promise<number> {
  const parser = command();
  const { venue, dictionary, strict, summary } = parseOptions<Options>(parser, args);
  const files = parser.args.map((file) => (file === '-' ? '/dev/stdin' : file));
  for (const file of files) if (!existsSync(file)) throw usage(`${file}: there is no such file`);
  for (const file of files) if (statSync(file).isDirectory()) throw usage(`${file}: is a folder, files are allowed`);
  const options = {
    dialect: dialectOf(venue),
    dictionary: dictionary === undefined ? undefined : readDictionary(dictionary),
    strict: strict === true,
    summaryOnly: summary === true,
    write,
    remark: (text: string) => process.stderr.write(`${text}\n`),
  };
  const counts = new Counts();
  for (const file of files) await decodeFile(file, options, counts);
  await write(`${JSON.stringify({ summary: counts })}\n`);
  return 0;
}

function command(): Command {
  return new Command('npm run decode --')
    .description('prints one JSON line for each message of recorded FIX, and a summary')
    .argument(
      '<files...>',
      'logs separated by SOH, | or ^A, with or without text around the messages, plain or gzip; - is standard input',
    )
    .addOption(
      new Option('--venue <name>', `whose dialect: ${venueNames().join(', ')}, or a .json file`).default('generic'),
    )
    .option('--dictionary <file>', 'a dictionary of your own: QuickFIX XML (.xml), or our compact form')
    .option('--strict', 'refuse what the dictionary does not allow: unknown tags, values, missing fields')
    .option('--summary', 'only the summary')
    .option('--json', 'the output is JSON lines in any case')
    .exitOverride();
}

/** Waits while the other end of the pipe does not read. */
async function write(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

function readDictionary(file: string): Dictionary {
  try {
    const text = readFileSync(file, 'utf8');
    return file.endsWith('.xml') ? readQuickFixXml(text, file) : readCompact(text, file);
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function usage(message: string): Error {
  return Object.assign(new Error(message), { exitCode: 2 });
}
