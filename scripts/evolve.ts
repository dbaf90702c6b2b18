/** `npm run evolve`: one search for a candidate, here or as one unit of a Job whose pods share an archive. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { Archive } from '../policies/archive/archive.ts';
import { EvaluationPool } from '../policies/evaluation/pool.ts';
import { budgets, type LearningEvent, learn } from '../policies/learning/learn.ts';
import { InputError, readDocument } from '../runtime/boot/documents.ts';
import { sleepMs } from '../runtime/clock.ts';
import { limits as limitsSchema, runtimeConfig } from '../runtime/contract.ts';
import { configPath, limitsPath, policyFileNames } from '../runtime/evidence/layout.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { claimStateFolder } from './state/state-folder.ts';

interface Options extends CommonOptions {
  readonly run: string;
  readonly seed: number;
  readonly units: number;
  readonly unit?: number;
  readonly budget: keyof typeof budgets;
  readonly deployment: string;
  readonly commit: string;
  readonly work?: boolean;
  readonly collect?: string;
}

/** Tells a Job's podFailurePolicy that trying this index again is of no use. */
const INDEX_FAILS = 42;
/** Between two looks at units that others have. */
const POLL_MS = 2000;

/** @returns 0 done, 1 nothing to collect, 2 bad input; in a Job 42 instead of 2 */
export async function main(args: string[]): Promise<number> {
  const inJob = process.env['JOB_COMPLETION_INDEX'] !== undefined;
  try {
    const options = parseOptions<Options>(command(), args);
    const unit = unitOf(options);
    const archive = await Archive.open(placeOf(options));
    try {
      if (options.collect !== undefined) return await collect(options, options.collect, archive);
      const interrupt = new AbortController();
      const stop = () => interrupt.abort(new Error('evolve: interrupted; started again it goes on'));
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        if (options.work === true) return await work(options, archive, interrupt.signal);
        return await one(options, archive, unit, interrupt.signal);
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    } finally {
      await archive.close();
    }
  } catch (error) {
    const { exitCode, message } = error as Error & { exitCode?: number };
    if (!inJob || exitCode === undefined || exitCode === 0) throw error;
    process.stderr.write(`${message}\n`);
    return INDEX_FAILS;
  }
}

function command() {
  return environmentCommand('evolve', 'searches for a candidate; units of one run share an archive and differ in seed')
    .option('--run <name>', 'names the search that units belong to', '1')
    .option('--seed <n>', 'of the run; each unit derives its own', natural, 7)
    .option('--units <n>', 'units of the run', natural, 1)
    .option('--unit <n>', "which of them this is; default: the Job's index, else 0", natural)
    .addOption(new Option('--budget <name>', 'how much is spent').choices(Object.keys(budgets)).default('default'))
    .option('--deployment <dir>', 'folder with environments/', path.resolve(import.meta.dirname, '..'))
    .option('--commit <id>', 'product commit, for the policy’s provenance', 'unknown')
    .option('--work', 'takes units that nobody has done or is doing, until it is stopped')
    .option('--collect <dir>', "searches nothing: writes the run's best candidate to this folder")
    .addHelpText(
      'after',
      '\nEMP_DATABASE_URL names a PostgreSQL that units share; without it the archive is in --state.',
    );
}

function natural(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 0 is allowed.');
}

/** @throws InputError when the run has no such unit */
function unitOf({ unit: given, units }: Options): number {
  const unit = given ?? Number(process.env['JOB_COMPLETION_INDEX'] ?? 0);
  if (unit < units) return unit;
  throw new InputError(`evolve: --unit is too large (${unit}), at most ${units - 1} is allowed`);
}

/** @throws InputError when EMP_DATABASE_URL is no PostgreSQL's; it is not repeated, since it may hold a password */
function placeOf({ state }: Options): string {
  const url = process.env['EMP_DATABASE_URL'];
  if (url === undefined) return path.join(state, 'archive');
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new InputError(
    'EMP_DATABASE_URL: is no address of a PostgreSQL, postgres://USER:PASSWORD@HOST:PORT/DATABASE is allowed',
  );
}

/** The one unit that was asked for. One that another process works on is waited for, and done if that one dies. */
async function one(options: Options, archive: Archive, unit: number, signal: AbortSignal): Promise<number> {
  while (!(await done(options, archive, unit)) && !(await claimed(options, archive, unit, signal))) {
    await sleepMs(POLL_MS, signal);
  }
  return 0;
}

/** Any unit that is free, again and again. A stop is its right end. */
async function work(options: Options, archive: Archive, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    let worked = false;
    for (let unit = 0; unit < options.units && !signal.aborted; unit++) {
      if (!(await done(options, archive, unit))) worked = (await claimed(options, archive, unit, signal)) || worked;
    }
    if (!worked) await sleepMs(POLL_MS, signal).catch(() => undefined);
  }
  return 0;
}

async function done({ run }: Options, archive: Archive, unit: number): Promise<boolean> {
  return (await archive.candidates(run)).some((candidate) => candidate.unit === unit);
}

/** @returns false while another process has the unit */
async function claimed(options: Options, archive: Archive, unit: number, signal: AbortSignal): Promise<boolean> {
  const release = await archive.claimUnit(options.run, unit);
  if (release === undefined) return false;
  try {
    await search(options, archive, unit, signal);
    return true;
  } finally {
    await release();
  }
}

async function search(options: Options, archive: Archive, unit: number, signal: AbortSignal): Promise<void> {
  const { run, units, state, environment, deployment } = options;
  const { value: config } = readDocument(path.join(deployment, configPath(environment)), runtimeConfig);
  const { value: limits } = readDocument(path.join(deployment, limitsPath(environment)), limitsSchema);
  claimStateFolder(state);
  const pool = new EvaluationPool(availableParallelism(), signal);
  try {
    const { policy, champion } = await learn({
      market: { kind: 'simulated', informed: true },
      // Units are islands: each searches by itself, so that none waits for another and any may be tried again.
      seed: options.seed + 1_000_003 * unit,
      config,
      limits,
      budget: budgets[options.budget],
      pool,
      archive,
      directory: path.join(state, 'learning'),
      commit: options.commit,
      signal,
      onEvent: (event) => tell(event, options),
    });
    const files = policyFileNames.map((name) => [name, readFileSync(path.join(policy.directory, name), 'base64')]);
    const { digest } = policy;
    await archive.saveCandidate({ run, unit, digest, score: champion.score, files: Object.fromEntries(files) });
    const result = { run, unit, policy: digest, score: champion.score, directory: policy.directory };
    if (options.json === true) printJson({ event: 'unit', ...result });
    else print(`unit ${unit} of ${units}: ${digest}, ${champion.score.toFixed(2)} USD a slice, ${policy.directory}`);
  } finally {
    await pool.close();
  }
}

function tell(event: LearningEvent, { json }: Options): void {
  if (event.kind === 'individual') return;
  const { kind, ...facts } =
    event.kind === 'recorded'
      ? event
      : { kind: event.kind, generation: event.report.generation, best: event.report.survivors[0]?.score ?? null };
  if (json === true) printJson({ event: kind, ...facts });
  else process.stderr.write(`evolve: ${kind} ${JSON.stringify(facts)}\n`);
}

async function collect({ run, units, json }: Options, folder: string, archive: Archive): Promise<number> {
  const found = await archive.candidates(run);
  const best = found[0];
  if (best === undefined) {
    process.stderr.write(`evolve: run ${run} has no candidate in the archive, at least one finished unit is needed\n`);
    return 1;
  }
  mkdirSync(folder, { recursive: true });
  for (const [name, base64] of Object.entries(best.files as Record<string, string>)) {
    writeFileSync(path.join(folder, name), Buffer.from(base64, 'base64'));
  }
  const result = { run, units: found.length, missing: Math.max(0, units - found.length), policy: best.digest };
  if (json === true) printJson({ event: 'collected', ...result, score: best.score, directory: path.resolve(folder) });
  else print(`${folder}: ${best.digest}, ${best.score.toFixed(2)} USD a slice, best of ${found.length} units`);
  return 0;
}
