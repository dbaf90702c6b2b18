/**
 * `npm run break-glass`: what one may do when Git or the cluster is away, or when there is no time: flatten, disarm, lower
 * limits. Never the reverse. Every act is recorded, and reconciled into the environment's repository afterwards.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { Argument, InvalidArgumentError } from 'commander';
import { InputError } from '../runtime/boot/documents.ts';
import { SystemClock } from '../runtime/clock.ts';
import { limitsPath } from '../runtime/evidence/layout.ts';
import { lowered } from './break-glass/lower.ts';
import { type Act, disarm, reconciled, record, unreconciled } from './break-glass/record.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { hold } from './environment/mark.ts';
import { existingEnvironment } from './environment/product.ts';
import { readRunning, readWindow } from './environment/running.ts';
import { trustPathOf } from './environment/trust.ts';

const acts = ['flatten', 'disarm', 'lower', 'reconcile'] as const;

interface Options extends CommonOptions {
  readonly because?: string;
  readonly by: string;
  readonly limit: Readonly<Record<string, number>>;
  readonly url?: string;
}

/** @returns 0 done; 1 the runtime does not know that it is flat */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('break-glass', 'flattens, disarms or lowers limits without Git; never the reverse')
    .addArgument(new Argument('<act>', 'what to do').choices(acts))
    .option('--because <text>', 'why; required for all but reconcile')
    .option('--by <name>', 'who does it', userInfo().username)
    .option('--limit <name=value>', 'lower: a limit and its smaller value; may be given again', oneLimit, {})
    .option('--url <url>', "flatten: the runtime's own address; default: the one that `up` runs here")
    .addHelpText('after', HELP)
    .exitOverride();
  const options = parseOptions<Options>(command, args);
  const act = command.args[0] as (typeof acts)[number];
  if (act === 'reconcile') return reconcile(options);
  const { state, environment, by, because, json } = options;
  if (because === undefined)
    throw new InputError(`break-glass ${act}: --because is missing; it is what everybody will ask`);
  const timeUs = new SystemClock().nowUs();
  const outcome = await ({ flatten, disarm: stop, lower } as const)[act](options, because);
  record(state, { timeUs, environment, act, by, because, outcome });
  if (json === true) printJson({ act, outcome });
  else
    print(`${act}: ${outcome}`, '  recorded; `npm run break-glass -- reconcile` tells the repository when it is back');
  return outcome === 'unknown' ? 1 : 0;
}

const HELP = `
flatten    every position and order of the running runtime; it trades on afterwards
disarm     stops what trades (flat) and keeps it stopped on this machine until reconciled
lower      limits of the running runtime, at once and without a restart
reconcile  tells the ledger what was done, holds promotion, and says how lowered limits become a proposal

In a cluster: kubectl exec emp-runtime-0 for flatten, kubectl patch configmap emp-limits to lower, kubectl scale
--replicas=0 statefulset/emp-runtime to disarm. The runtime takes lower limits at once and no higher ones.`;

function oneLimit(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [, name, value] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('a limit and a number, such as maxOpenOrders=2, is allowed.');
  return { ...before, [name]: Number(value) };
}

async function flatten({ state, url = readWindow(state) }: Options): Promise<string> {
  if (url === undefined) throw new InputError(`${state}: no runtime runs here; name one with --url`);
  let answer: Response;
  try {
    answer = await fetch(`${url}/flatten`, { method: 'POST', headers: { 'x-emp-confirm': 'flatten' } });
  } catch (cause) {
    throw new Error(`${url}: cannot be reached; is the runtime there?`, { cause });
  }
  if (answer.status === 200) return 'flat';
  if (answer.status === 504) return 'unknown';
  throw new Error(`${url}: refused to flatten (${answer.status}): ${await answer.text()}`);
}

/** First nothing can be started again, then what runs is told to stop, which flattens it. */
function stop({ state, by }: Options, because: string): Promise<string> {
  disarm(state, `${by}: ${because}`);
  const running = readRunning(state);
  if (running === undefined) return Promise.resolve('nothing ran; nothing starts until reconciled');
  process.kill(running.pid, 'SIGTERM');
  return Promise.resolve(`process ${running.pid} stops, flat; nothing starts until reconciled`);
}

function lower({ state, environment, limit }: Options): Promise<string> {
  if (Object.keys(limit).length === 0)
    throw new InputError('break-glass lower: --limit is missing, such as maxOpenOrders=2');
  const running = readRunning(state);
  if (running?.directory === undefined)
    throw new InputError(`${state}: nothing runs here whose limits could be lowered`);
  const file = path.join(running.directory, limitsPath(environment));
  writeFileSync(`${file}.new`, lowered(readFileSync(file, 'utf8'), file, limit));
  renameSync(`${file}.new`, file);
  return Promise.resolve(
    Object.entries(limit)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  );
}

async function reconcile({ state, environment, json }: Options): Promise<number> {
  const done = unreconciled(state);
  if (done.length === 0) {
    if (json === true) printJson({ outcome: 'nothing' });
    else print('reconcile: nothing was done with the glass broken');
    return 0;
  }
  const repository = await existingEnvironment(state);
  const because = `break-glass: ${done.map(told).join('; ')}`;
  const marked = await hold({
    repository,
    environment,
    trustPath: trustPathOf(state),
    clock: new SystemClock(),
    because,
  });
  if (marked.outcome === 'refused') throw new Error(`reconcile: refused: ${marked.because}`);
  reconciled(state, marked.ledgerSeq);
  if (json === true) printJson({ outcome: marked.outcome, ledgerSeq: marked.ledgerSeq, acts: done });
  else {
    print(
      `reconcile: ledger entry ${marked.ledgerSeq} tells of ${done.length} acts; promotion is on hold until released`,
    );
    if (done.some(({ act }) => act === 'lower')) {
      print(
        '  lowered limits hold until the next restart; `npm run promote -- propose --limits FILE` makes them the environment’s',
      );
    }
  }
  return 0;
}

function told({ act, by, because, outcome, timeUs }: Act): string {
  return `${act} by ${by} at ${new Date(timeUs / 1000).toISOString()} (${because}): ${outcome}`;
}
