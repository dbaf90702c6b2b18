/** `npm run drift-report`: every invariant's figure of today against its reference, as HTML, Markdown and metrics. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { DATA_SETS, type DataSet, loadDataSets } from '../policies/markets/invariants/data-set.ts';
import {
  dataSetInvariants,
  featureInvariants,
  type Invariant,
  scalingInvariants,
} from '../policies/markets/invariants/invariants.ts';
import {
  LEARN_SEEDS,
  learnDataSet,
  type MarketPart,
  type MeasuredSymbol,
  measureMarket,
  SIMULATED_SECONDS,
} from '../policies/markets/invariants/market-measure.ts';
import { scaledDistributions } from '../policies/markets/invariants/scaled.ts';
import { InputError, readDocument } from '../runtime/boot/documents.ts';
import { limits as limitsSchema } from '../runtime/contract.ts';
import { limitsPath } from '../runtime/evidence/layout.ts';
import { LogError } from '../runtime/replay/log-error.ts';
import { MarketLog } from '../runtime/replay/log-reader.ts';
import { asHtml, asMarkdown, asMetrics, broken, type DriftReport } from './drift/render.ts';
import { runtimeInvariants } from './drift/running.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';

const CHECKOUT = path.resolve(import.meta.dirname, '..');

interface Options extends CommonOptions {
  readonly dataSets: string;
  readonly market?: string;
  readonly beside?: readonly string[];
  readonly learn?: string;
  readonly seed: number;
  readonly runtime?: string;
  readonly deployment: string;
  readonly output?: string;
}

/** @returns 0 every invariant holds, 1 one is broken, 2 bad input */
export async function main(args: string[]): Promise<number> {
  const options = parseOptions<Options>(command(), args);
  try {
    if (options.learn !== undefined) return learn(options, options.learn);
    const report = await reportOf(options);
    const folder = options.output ?? path.join(options.state, 'drift');
    const files = write(folder, report);
    const failed = broken(report);
    if (options.json === true) printJson({ event: 'drift-report', ...summaryOf(report), files });
    else {
      for (const { name, subject, figure, low, high } of failed) {
        print(`broken: ${name} of ${subject} is ${figure}, ${low} to ${high} is allowed`);
      }
      for (const reason of report.skipped) print(`not measured: ${reason}`);
      print(`${report.invariants.length} invariants, ${failed.length} broken`, files.html);
    }
    return failed.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    throw new InputError(error.message, { cause: error });
  }
}

function command() {
  return environmentCommand('drift-report', "holds today's figures to the invariants of features and data sets")
    .option('--data-sets <dir>', 'folder of data sets, one JSON file each', DATA_SETS)
    .option('--market <log>', 'a log as `npm run import` writes it, held to the data set of the same digest')
    .option('--beside <logs...>', 'logs of other assets: all are scaled by one scaler and put side by side')
    .option('--learn <file>', 'write the data set of --market, or of the simulated market, instead of a report')
    .option('--seed <n>', "the simulated market's day", natural, 7)
    .option('--runtime <url>', 'a running runtime, for latency, attribution and limits')
    .option('--deployment <dir>', "folder with environments/, for the runtime's limits", CHECKOUT)
    .option('--output <dir>', 'where the report goes; default: drift in the state folder');
}

function natural(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 0 is allowed.');
}

async function reportOf(options: Options): Promise<DriftReport> {
  const sets = loadDataSets(options.dataSets);
  const found = sets.flatMap((set): { readonly set: DataSet; readonly part: MarketPart }[] => {
    const part = todayOf(set, options);
    return part === undefined ? [] : [{ set, part }];
  });
  const [first] = found;
  if (first === undefined) {
    throw new InputError(`${options.dataSets}: has no data set of this market, \`--learn FILE\` makes one`);
  }
  const invariants: Invariant[] = featureInvariants(options.seed);
  const skipped: string[] = [];
  let scaled: DriftReport['scaled'] = [];
  const symbols: MeasuredSymbol[] = [];
  for (const { set, part } of found) {
    const today = measureMarket(part);
    const findings = dataSetInvariants(set, today);
    invariants.push(...findings.invariants);
    scaled = findings.scaled;
    symbols.push(...today.symbols);
  }
  if (options.beside !== undefined) {
    for (const log of options.beside) symbols.push(...measureMarket(wholeOf(log)).symbols);
    scaled = scaledDistributions(symbols);
    for (const one of scalingInvariants(first.set.invariants, scaled)) {
      invariants.push({ ...one, subject: `across ${symbols.length} assets, ${one.subject}` });
    }
  }
  if (options.runtime === undefined) {
    skipped.push('latency, attribution residual and limits: no runtime was given (--runtime URL)');
  } else {
    const file = path.join(options.deployment, limitsPath(options.environment));
    invariants.push(...(await runtimeInvariants(options.runtime, readDocument(file, limitsSchema).value)));
  }
  return { title: found.map(({ set }) => set.name).join(', '), invariants, scaled, skipped };
}

/** The stretch of a data set's market that is today; undefined when this report is not about it. */
function todayOf({ market }: DataSet, { market: log, seed }: Options): MarketPart | undefined {
  if (market.kind === 'simulated') {
    if (log !== undefined) return undefined;
    return { kind: 'simulated', informed: market.informed, seed, seconds: SIMULATED_SECONDS };
  }
  if (log === undefined || digestOf(log) !== market.sha256) return undefined;
  return partsOf(log).at(-1);
}

function digestOf(log: string): string {
  const opened = MarketLog.open(log);
  opened.close();
  return opened.metadata.sha256;
}

function wholeOf(log: string): MarketPart {
  const opened = MarketLog.open(log);
  opened.close();
  const { first, last } = opened.metadata.timeUs;
  return { kind: 'log', path: log, fromUs: first, toUs: last + 1 };
}

/** A log's tenths. The last is today, those before it are what it is held to. */
function partsOf(log: string): MarketPart[] {
  const opened = MarketLog.open(log);
  opened.close();
  const { first, last } = opened.metadata.timeUs;
  const tenth = (last - first) / 10;
  return Array.from({ length: 10 }, (_, i) => ({
    kind: 'log',
    path: log,
    fromUs: first + i * tenth,
    toUs: i === 9 ? last + 1 : first + (i + 1) * tenth,
  }));
}

function learn({ market: log }: Options, file: string): number {
  const name = path.basename(file, '.json');
  const learned =
    log === undefined
      ? learnDataSet(
          name,
          { kind: 'simulated', informed: true },
          LEARN_SEEDS.map((seed) => ({ kind: 'simulated', informed: true, seed, seconds: SIMULATED_SECONDS })),
        )
      : learnDataSet(name, { kind: 'log', sha256: digestOf(log) }, partsOf(log).slice(0, -1));
  writeWhole(file, `${JSON.stringify(learned, undefined, 2)}\n`);
  print(`${file}: ${Object.keys(learned.invariants.statistics).length} symbols`);
  return 0;
}

function summaryOf(report: DriftReport): object {
  const { title, invariants, skipped } = report;
  return { title, invariants: invariants.length, broken: broken(report), skipped };
}

function write(
  folder: string,
  report: DriftReport,
): { readonly html: string; readonly markdown: string; readonly metrics: string } {
  mkdirSync(folder, { recursive: true });
  const at = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeWhole(file, text);
    return file;
  };
  return {
    html: at('report.html', asHtml(report)),
    markdown: at('report.md', asMarkdown(report)),
    metrics: at('report.prom', asMetrics(report)),
  };
}

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
