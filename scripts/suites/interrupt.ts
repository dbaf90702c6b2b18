/**
 * Ctrl-C at every stage of `up`: it ends in order and soon, leaves no process and no position, and another `up` goes on.
 *
 * Usage: node scripts/suites/interrupt.ts [PART-OF-A-CASE'S-NAME]; EMP_SUITE_STATE names a state folder to start from.
 */
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { executedIn } from '../../gates/trial-run.ts';
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';
import { Random } from '../../runtime/random.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import type { JsonLine } from '../up/child.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { descendantsOf, isAlive, prepareState, UpProcess } from './up-process.ts';

const SEED = 7;
const SOON_SECONDS = 15;
const AT_ONCE_SECONDS = 5;
const random = Random.of('interrupt');

interface Moment {
  /** The line after which it is interrupted, up to `withinMs` later. */
  readonly at: (line: JsonLine) => boolean;
  readonly withinMs: number;
}

const phase = (name: string) => (line: JsonLine) => line.event === 'phase' && line['phase'] === name;
const event = (name: string) => (line: JsonLine) => line.event === name;

/** Interrupts a running `up` and holds it to its end. */
async function interrupt(
  up: UpProcess,
  { at, withinMs }: Moment,
  signal: NodeJS.Signals,
  twice = false,
): Promise<void> {
  await up.line(at, 400);
  await sleepMs(random.integer(withinMs + 1));
  const children = descendantsOf(up.pid);
  const beganNs = stopwatchNs();
  up.kill(signal);
  if (twice) {
    await sleepMs(100);
    up.kill(signal);
  }
  const { code, signal: died } = await up.end(SOON_SECONDS);
  const seconds = (stopwatchNs() - beganNs) / 1e9;
  const left = children.filter(isAlive);
  hold(left.length === 0, `processes ${left.join(', ')} are still there`);
  hold(!/^\s+at /m.test(up.stderr), `shows a stack trace: ${up.stderr}`);
  if (twice) hold(seconds < AT_ONCE_SECONDS, `took ${seconds.toFixed(1)} s, at most ${AT_ONCE_SECONDS} are allowed`);
  else hold(code === 0, `ended with ${code ?? died} after ${seconds.toFixed(1)} s: ${up.stderr}`);
  console.log(`        ended ${seconds.toFixed(1)} s after ${signal}, ${children.length} processes with it`);
}

function holdToFlat(state: string): void {
  const factory = simulatedMarket({ seed: SEED, informed: true });
  const executed = executedIn(path.join(state, 'venue.sqlite'), { factory, seed: SEED });
  const lots = new Map(executed.map(({ symbol, positionLots }) => [symbol, positionLots]));
  const open = [...lots].filter(([, held]) => held !== 0);
  hold(open.length === 0, `the venue still holds ${JSON.stringify(open)}`);
}

async function goesOn(state: string): Promise<void> {
  const up = new UpProcess(['up', '--once', '--json', '--seed', String(SEED), '--state', state]);
  const { code } = await up.end(120);
  hold(code === 0, `the next up ends with ${code}: ${up.stderr}`);
  const doubt = up.lines.find(({ event: name, breaks }) => name === 'runtime.reconciled' && breaks !== 0);
  hold(doubt === undefined, `the next up finds breaks: ${JSON.stringify(doubt)}`);
  holdToFlat(state);
}

const suite = new Suite(process.argv[2]);
await inFolder(async (folder) => {
  const prepared = path.join(folder, 'prepared');
  const fresh = path.join(folder, 'fresh');
  const traded = path.join(folder, 'traded');
  const args = (state: string, ...more: string[]) => [
    'up',
    '--json',
    '--seed',
    String(SEED),
    '--state',
    state,
    ...more,
  ];

  // One state on its way to a promotion, interrupted wherever it stands: each case goes on where the one before ended.
  const onTheWay: readonly [name: string, at: Moment['at'], withinMs: number][] = [
    ['as it begins', event('page'), 300],
    ['recording', phase('evolving'), 1500],
    ['evolving', event('recorded'), 5000],
    ['gating', event('candidate'), 2500],
  ];
  for (const [name, at, withinMs] of onTheWay) {
    await suite.check(`Ctrl-C while ${name}`, () => interrupt(new UpProcess(args(fresh)), { at, withinMs }, 'SIGINT'));
  }
  await suite.check('Ctrl-C while promoting', () =>
    interrupt(new UpProcess(args(fresh)), { at: phase('promoting'), withinMs: 300 }, 'SIGINT'),
  );

  await prepareState(prepared);
  const trading: readonly [name: string, moment: Moment, signal: NodeJS.Signals, twice: boolean][] = [
    ['syncing', { at: phase('syncing'), withinMs: 1500 }, 'SIGINT', false],
    ['trading', { at: event('fill'), withinMs: 500 }, 'SIGINT', false],
    ['trading, asked by SIGTERM', { at: event('fill'), withinMs: 2000 }, 'SIGTERM', false],
    ['trading, twice', { at: event('fill'), withinMs: 500 }, 'SIGINT', true],
  ];
  for (const [name, moment, signal, twice] of trading) {
    await suite.check(`Ctrl-C while ${name}`, async () => {
      rmSync(traded, { recursive: true, force: true });
      cpSync(prepared, traded, { recursive: true });
      await interrupt(new UpProcess(args(traded, '--speed', '60')), moment, signal, twice);
      if (!twice) holdToFlat(traded);
      await goesOn(traded);
    });
  }
  await suite.check('Ctrl-C in a bounded run', async () => {
    rmSync(traded, { recursive: true, force: true });
    cpSync(prepared, traded, { recursive: true });
    await interrupt(new UpProcess(args(traded, '--once')), { at: event('fill'), withinMs: 50 }, 'SIGINT');
    holdToFlat(traded);
    await goesOn(traded);
  });
});
// At once: a patience that nobody waits for any more would hold the process.
process.exit(suite.end());
