/**
 * Limits are swapped in a trading runtime: no restart, no order or fill lost, nothing sent that the new ones forbid.
 *
 * Usage: node scripts/suites/limits.ts [PART-OF-A-CASE'S-NAME]
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fillProblem } from '../../gates/replay-smoke.ts';
import { environment } from '../../gates/testing.ts';
import { executedIn, journalledIn, replacedIn } from '../../gates/trial-run.ts';
import type { FillBody } from '../../runtime/execution/records.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { Child, type JsonLine } from '../up/child.ts';
import { busyPolicy } from './busy-policy.ts';
import { hold, inFolder, Suite } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');
const SEED = 11;
/** One order's worth: a second one on the same side is refused. */
const LOWERED_LOTS = 20;
const suite = new Suite(process.argv[2]);

await suite.check('a lowered, a malformed and a raised limits file, while it trades', () =>
  inFolder(async (folder) => {
    const file = (name: string) => path.join(folder, name);
    const put = (limits: object | string) =>
      writeFileSync(file('limits.json'), typeof limits === 'string' ? limits : JSON.stringify(limits));
    writeFileSync(file('config.json'), JSON.stringify(environment.config));
    put(environment.limits);
    const venueArgs = ['--seed', String(SEED), '--speed', '40', '--state', file('venue.sqlite'), '--json'];
    const venue = new Child('venue', path.join(root, 'runtime/venue/venue-main.ts'), venueArgs, () => {});
    const { port } = await venue.next('listening');
    const lines: JsonLine[] = [];
    const runtime = new Child(
      'runtime',
      path.join(root, 'runtime/main.ts'),
      [
        ...['--paper-mode', '--config', file('config.json'), '--limits', file('limits.json')],
        ...['--policy', busyPolicy(file('policy')).directory, '--state', file('runtime')],
        ...['--venue-port', String(port), '--http-port', '0'],
      ],
      (line) => lines.push(line),
    );
    try {
      const { url, pid } = await runtime.next('listening');
      await runtime.next('fill');
      const lower = { ...environment.limits, maxPositionLots: LOWERED_LOTS };
      put(lower);
      await runtime.next('limits');
      for (let fills = 0; fills < 5; fills++) await runtime.next('fill');
      put('maxPositionLots: [');
      await runtime.next('problem');
      const audit = (await (await fetch(`${url}/audit`)).json()) as { resolved: { limits: object } };
      hold(
        JSON.stringify(audit.resolved.limits) === JSON.stringify(lower),
        `after a malformed file the limits in force are ${JSON.stringify(audit.resolved.limits)}`,
      );
      await runtime.next('fill');
      // A trial has no approval to be held to, so here a raise is taken.
      put(environment.limits);
      await runtime.next('limits');
      await runtime.next('fill');
      hold(runtime.pid === pid, 'the runtime was restarted');
    } finally {
      runtime.stop();
      const { code } = await runtime.ended;
      venue.stop();
      await venue.ended;
      hold(code === 0, `the runtime ended with ${code}: ${JSON.stringify(lines.at(-1))}`);
    }
    holdPositionsToLimits(file('runtime/journal.sqlite'));
    const executed = executedIn(file('venue.sqlite'), {
      factory: simulatedMarket({ seed: SEED, informed: true }),
      seed: SEED,
    });
    const journal = file('runtime/journal.sqlite');
    const problem = fillProblem(journalledIn(journal), executed, replacedIn(journal), executed.length);
    hold(problem === undefined, `${problem}`);
    console.log(`        ${executed.length} fills, each at the venue and in the journal`);
  }),
);

process.exit(suite.end());

/** Under the lowered limit no position grows beyond it, and before it some did: else this would prove nothing. */
function holdPositionsToLimits(file: string): void {
  const journal = new SqliteJournal(file, { readOnly: true });
  try {
    let most = environment.limits.maxPositionLots;
    let largestBefore = 0;
    let under = 0;
    const held = new Map<string, number>();
    for (const { kind, body, seq } of journal.records(0, ['limits', 'fill'])) {
      if (kind === 'limits') {
        most = (JSON.parse(body) as { limits: { maxPositionLots: number } }).limits.maxPositionLots;
        continue;
      }
      const { symbol, side, lots } = JSON.parse(body) as FillBody;
      const before = held.get(symbol) ?? 0;
      const after = before + (side === 'buy' ? lots : -lots);
      held.set(symbol, after);
      if (most !== LOWERED_LOTS) largestBefore = Math.max(largestBefore, Math.abs(after));
      else under++;
      hold(
        Math.abs(after) <= Math.max(most, Math.abs(before)),
        `fill ${seq} takes ${symbol} from ${before} to ${after} lots, ${most} were allowed`,
      );
    }
    hold(
      under > 0 && largestBefore > LOWERED_LOTS,
      `${under} fills under the lowered limit, ${largestBefore} lots else`,
    );
  } finally {
    journal.close();
  }
}
