/**
 * The runtime process is killed without warning again and again while it trades, and must know each time what it holds;
 * also when it goes on from a backup that was taken while it traded.
 *
 * Usage: node scripts/suites/kill.ts [PART-OF-A-CASE'S-NAME]
 */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cashOf, fillProblem } from '../../gates/replay-smoke.ts';
import { environment } from '../../gates/testing.ts';
import { executedIn, journalledIn, replacedIn } from '../../gates/trial-run.ts';
import { sleepMs } from '../../runtime/clock.ts';
import type { RuntimeConfig } from '../../runtime/contract.ts';
import { type AnomalyKind, castsDoubt } from '../../runtime/execution/anomaly.ts';
import type { FillBody, PositionBody } from '../../runtime/execution/records.ts';
import { decisionDigestOf } from '../../runtime/journal/digest.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import { Random } from '../../runtime/random.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { Child, type Ended, type JsonLine } from '../up/child.ts';
import { backUp, isRefusedWhileRunning, keepsWhatIsThere, restoreFrom } from './backed-up.ts';
import { busyPolicy } from './busy-policy.ts';
import { hold, inFolder, Suite } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');
const SEED = 11;
const MOST_ROUNDS = 4;

interface Plan {
  readonly kills: number;
  /** Event seconds per second of the venue; at 'max' it waits for its participant. */
  readonly speed: string;
  /** Wall time that the runtime stays away after a kill. */
  readonly awayMs: number;
}

/** What the lives of a runtime left behind. */
interface Aftermath {
  readonly folder: string;
  readonly lines: readonly JsonLine[];
  readonly last: Ended;
}

/** When a life ends: so many milliseconds after the count-th event of a name; count 0: after its process began. */
interface LifeEnd {
  readonly event: string;
  readonly count: number;
  readonly ms: number;
}

/** While it boots, while it recovers, or while it trades. A line is told after the act: milliseconds reach into the next. */
function endOf(random: Random): LifeEnd {
  const stage = random.integer(5);
  if (stage === 0) return { event: 'none', count: 0, ms: random.integer(700) };
  if (stage === 1) return { event: 'session', count: 1, ms: random.integer(20) };
  return { event: 'fill', count: 1 + random.integer(12), ms: random.integer(10) };
}

/** Flattening is bounded in event time: on a market that runs ahead of the wall clock the bound is as many times longer. */
function configAt(speed: string): RuntimeConfig {
  const { config } = environment;
  const ahead = speed === 'max' ? 1 : Number(speed);
  return { ...config, flattenTimeoutSeconds: config.flattenTimeoutSeconds * ahead };
}

/** A venue, and what starts a runtime on it whose lines go to `onLine`. */
interface Market {
  runtime(onLine: (line: JsonLine) => void): Child;
}

async function onMarket<T>(folder: string, speed: string, work: (market: Market) => Promise<T>): Promise<T> {
  const file = (name: string) => path.join(folder, name);
  const candidate = busyPolicy(file('policy'));
  writeFileSync(file('config.json'), JSON.stringify(configAt(speed)));
  writeFileSync(file('limits.json'), JSON.stringify(environment.limits));
  const market = ['--seed', String(SEED), '--speed', speed, '--state', file('venue.sqlite'), '--json'];
  const venue = new Child('venue', path.join(root, 'runtime/venue/venue-main.ts'), market, () => {});
  const { port } = await venue.next('listening');
  const documents = ['--config', file('config.json'), '--limits', file('limits.json'), '--policy', candidate.directory];
  const place = ['--state', file('runtime'), '--venue-port', String(port), '--http-port', '0'];
  const args = ['--paper-mode', ...documents, ...place];
  try {
    return await work({ runtime: (onLine) => new Child('runtime', path.join(root, 'runtime/main.ts'), args, onLine) });
  } finally {
    venue.stop();
    await venue.ended;
  }
}

/** Kills a trading runtime `kills` times, then lets one life end in order. */
function livesOf(folder: string, { kills, speed, awayMs }: Plan, round: number): Promise<Aftermath> {
  return onMarket(folder, speed, async (market) => {
    const random = Random.of(SEED, 'kills', speed, round);
    const lines: JsonLine[] = [];
    for (let life = 0; ; life++) {
      const last = life === kills;
      const end = last ? { event: 'fill', count: 1, ms: 0 } : endOf(random);
      let seen = 0;
      let enough: (() => void) | undefined;
      const lived = new Promise<void>((resolve) => {
        enough = resolve;
      });
      const runtime = market.runtime((line) => {
        lines.push(line);
        if (line.event === end.event && ++seen === end.count) enough?.();
      });
      if (end.count > 0) await Promise.race([lived, runtime.ended]);
      await sleepMs(end.ms);
      if (last) runtime.stop();
      else runtime.kill();
      const ended = await runtime.ended;
      if (last) return { folder, lines, last: ended };
      hold(ended.signal === 'SIGKILL', `life ${life} ended by itself with code ${ended.code}: ${ended.complaint}`);
      await sleepMs(awayMs);
    }
  });
}

/** One life is backed up while it trades, trades on and ends; another goes on from the backup. */
function livesAroundBackup(folder: string, end: 'stop' | 'kill'): Promise<Aftermath> {
  const state = path.join(folder, 'runtime');
  return onMarket(folder, 'max', async (market) => {
    const lines: JsonLine[] = [];
    const fills = async (runtime: Child, count: number) => {
      for (let n = 0; n < count; n++) await runtime.next('fill');
    };
    const first = market.runtime(() => {});
    await fills(first, 10);
    const backup = await backUp(state, path.join(folder, 'backups'));
    await isRefusedWhileRunning(state, backup);
    await fills(first, 10);
    first[end]();
    await first.ended;
    if (end === 'stop') await keepsWhatIsThere(state, backup);
    else rmSync(state, { recursive: true });
    await restoreFrom(state, backup, end === 'stop');
    const second = market.runtime((line) => lines.push(line));
    const traded = fills(second, 3).then(() => true);
    if (!(await Promise.race([traded, sleepMs(60_000)]))) {
      second.kill();
      throw new Error(`the restored runtime did not trade in a minute; last: ${JSON.stringify(lines.at(-1))}`);
    }
    second.stop();
    return { folder, lines, last: await second.ended };
  });
}

/** @param expected kinds of problems that these lives were to meet */
function accountsFor({ folder, lines, last }: Aftermath, expected: readonly AnomalyKind[] = []): string {
  const doubts = lines.filter(({ event, problem }) => {
    return event === 'problem' && !isHarmless(problem as string, expected);
  });
  hold(doubts.length === 0, `met a problem: ${JSON.stringify(doubts[0])}`);
  const halt = lines.find(({ event, reason }) => event === 'disable' && reason === 'RISK_HALT');
  hold(halt === undefined, `risk halted it: ${halt?.['because']}`);
  const reconciliations = lines.filter(({ event }) => event === 'reconciled');
  // Orders that a backup does not have are a break until they are withdrawn.
  const judged = expected.length === 0 ? reconciliations : reconciliations.slice(-1);
  const broken = judged.find(({ breaks }) => breaks !== 0);
  hold(broken === undefined, `a reconciliation found breaks: ${JSON.stringify(broken)}`);

  // First of all: fills that come after a last life gave up are the next life's, and there is none.
  const stopped = lines.at(-1);
  hold(
    stopped?.event === 'stopped',
    `the last life ended with code ${last.code} and did not say how it stopped: ${last.complaint}`,
  );
  hold(stopped['outcome'] === 'flat' && last.code === 0, `stopped ${stopped['outcome']} with code ${last.code}`);

  const journalFile = path.join(folder, 'runtime/journal.sqlite');
  const journalled = journalledIn(journalFile);
  const factory = simulatedMarket({ seed: SEED, informed: true });
  const executed = executedIn(path.join(folder, 'venue.sqlite'), { factory, seed: SEED });
  const problem = fillProblem(journalled, executed, replacedIn(journalFile), executed.length);
  hold(problem === undefined, `${problem}`);
  const ids = new Set(journalled.map(({ execId }) => execId));
  hold(ids.size === journalled.length, `${journalled.length} fills carry ${ids.size} execution numbers`);

  const left = new Map(executed.map(({ symbol, positionLots }) => [symbol, positionLots]));
  const open = [...left].filter(([, lots]) => lots !== 0);
  hold(open.length === 0, `the venue still holds ${JSON.stringify(open)}`);
  const total = (stopped['pnl'] as { readonly total: number }).total;
  const cash = cashOf(executed, environment.config);
  hold(total === cash, `the account says ${total} micro-USD, the venue's executions add up to ${cash}`);
  return `${executed.length} fills`;
}

function isHarmless(problem: string, expected: readonly AnomalyKind[]): boolean {
  const kind = problem.split(':')[0] as AnomalyKind;
  return /^[A-Z_]+$/.test(kind) && (expected.includes(kind) || !castsDoubt(kind));
}

interface Recoveries {
  readonly reconciled: number;
  readonly withPosition: number;
  readonly withOpenOrders: number;
}

/** Holds every reconciliation in the journal to the fills before it, and its digest to its records. */
function recoveriesIn(folder: string, lastDigest: unknown): Recoveries {
  const journal = new SqliteJournal(path.join(folder, 'runtime/journal.sqlite'), { readOnly: true });
  try {
    const digest = decisionDigestOf(journal);
    hold(digest === lastDigest, `the journal's decisions digest to ${digest}, the process said ${lastDigest}`);
    const held = new Map<string, number>();
    let [reconciled, withPosition, withOpenOrders] = [0, 0, 0];
    for (const { kind, body, seq } of journal.records(0, ['fill', 'position'])) {
      if (kind === 'fill') {
        const { symbol, side, lots } = JSON.parse(body) as FillBody;
        held.set(symbol, (held.get(symbol) ?? 0) + (side === 'buy' ? lots : -lots));
        continue;
      }
      const position = JSON.parse(body) as PositionBody;
      if (position.event !== 'reconciled') continue;
      reconciled++;
      if (position.openOrders > 0 || position.closed.length > 0) withOpenOrders++;
      if ([...held.values()].some((lots) => lots !== 0)) withPosition++;
      for (const [symbol, { oursLots, venueLots }] of Object.entries(position.positions)) {
        const sum = held.get(symbol) ?? 0;
        hold(
          oursLots === sum && venueLots === sum,
          `record ${seq}: fills of ${symbol} add up to ${sum}, recovered were ${oursLots}, the venue says ${venueLots}`,
        );
      }
    }
    return { reconciled, withPosition, withOpenOrders };
  } finally {
    journal.close();
  }
}

/**
 * Kills until recoveries met what they must have met for the case to have shown anything: where a life is slow to begin,
 * more of them end before it trades.
 */
async function holdLives(folder: string, plan: Plan, least: Recoveries): Promise<void> {
  for (let round = 1; ; round++) {
    const aftermath = await livesOf(folder, plan, round);
    const fills = accountsFor(aftermath);
    const found = recoveriesIn(folder, aftermath.lines.at(-1)?.['decisionDigest']);
    const lacking = (['reconciled', 'withPosition', 'withOpenOrders'] as const).filter(
      (name) => found[name] < least[name],
    );
    console.log(`        ${round * plan.kills} kills, ${fills}, recoveries ${JSON.stringify(found)}`);
    if (lacking.length === 0) return;
    hold(round < MOST_ROUNDS, `too few recoveries to show anything: ${lacking}, at least ${JSON.stringify(least)}`);
  }
}

const suite = new Suite(process.argv[2]);

await suite.check('kill -9 twenty times on a market that waits', () =>
  inFolder(async (folder) => {
    const least = { reconciled: 12, withPosition: 8, withOpenOrders: 3 };
    await holdLives(folder, { kills: 20, speed: 'max', awayMs: 0 }, least);
  }),
);

await suite.check('kill -9 on a market that goes on without its participant', () =>
  inFolder(async (folder) => {
    const least = { reconciled: 2, withPosition: 1, withOpenOrders: 0 };
    await holdLives(folder, { kills: 3, speed: '60', awayMs: 6000 }, least);
  }),
);

const ends = { stop: 'it stopped in order', kill: 'a kill -9, and its disk is lost' } as const;
for (const end of ['stop', 'kill'] as const) {
  await suite.check(`restored from a backup that was taken while it traded, after ${ends[end]}`, () =>
    inFolder(async (folder) => {
      const aftermath = await livesAroundBackup(folder, end);
      const fills = accountsFor(aftermath, ['UNKNOWN_ORDER']);
      const found = aftermath.lines.filter(({ problem }) => /^UNKNOWN_ORDER: \d+ lots/.test(String(problem))).length;
      hold(found > 0, 'the backup lacked no fill, so nothing was shown');
      console.log(`        ${fills}, of which the backup lacked ${found}`);
    }),
  );
}

// At once: a patience that nobody waits for any more would hold the process.
process.exit(suite.end());
