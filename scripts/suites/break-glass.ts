/**
 * With the glass broken, on the real processes: a trading runtime is audited, its limits fall at once and never rise, it gets
 * flat, it is disarmed and stays so until the repository was told.
 *
 * Usage: node scripts/suites/break-glass.ts [PART-OF-A-CASE'S-NAME]
 */
import path from 'node:path';
import { SystemClock } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { openEnvironment } from '../environment/product.ts';
import { promote } from '../environment/promote.ts';
import { fetchHead } from '../environment/repository.ts';
import { passedVerdicts } from '../environment/scratch.ts';
import { slotAt } from '../environment/slot.ts';
import { localTrust } from '../environment/trust.ts';
import { claimStateFolder } from '../state/state-folder.ts';
import { busyPolicy } from './busy-policy.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { UpProcess } from './up-process.ts';

const root = path.resolve(import.meta.dirname, '../..');
const suite = new Suite(process.argv[2]);

await inFolder(async (folder) => {
  const state = path.join(folder, 'state');
  await approved(state, path.join(folder, 'policy'));
  const up = new UpProcess(['up', '--json', '--seed', '7', '--speed', '20', '--state', state]);
  try {
    await suite.check('a trading runtime is audited: it runs what was approved', async () => {
      await up.line(({ event }) => event === 'fill', 180);
      const { code, out } = await run('audit', '--state', state);
      hold(code === 0 && out.includes('runs what was approved'), out);
    });
    await suite.check('limits fall at once, which an audit tells; none rises', async () => {
      const raised = await glass('lower', '--limit', 'maxOpenOrders=5000');
      hold(raised.code === 2 && raised.out.includes('with the glass broken limits only fall'), raised.out);
      const { code, out } = await glass('lower', '--limit', 'maxOpenOrders=1');
      hold(code === 0, out);
      await up.line(({ event }) => event === 'runtime.limits', 60);
      const audited = await run('audit', '--state', state);
      hold(audited.code === 1 && audited.out.includes('has other limits in force'), audited.out);
    });
    await suite.check('flatten: flat, in the venue’s word', async () => {
      const { code, out } = await glass('flatten');
      hold(code === 0 && out.includes('flatten: flat'), out);
    });
    await suite.check('disarmed it ends flat, and nothing starts again', async () => {
      const { code, out } = await glass('disarm');
      hold(code === 0, out);
      const ended = await up.end(60);
      hold(ended.code === 0, `up ended with ${ended.code}: ${up.stderr}`);
      const again = await run('up', '--once', '--seed', '7', '--speed', '20', '--state', state);
      hold(again.code === 2 && again.out.includes('was disarmed with the glass broken'), again.out);
    });
    await suite.check('the repository is told of every act, and then it may go on', async () => {
      const { code, out } = await glass('reconcile');
      hold(code === 0 && /tells of 3 acts/.test(out), out);
      const verified = await run('verify', '--state', state);
      hold(
        /on hold since ledger entry \d+: break-glass: lower by Ada.*flatten by Ada.*disarm by Ada/.test(verified.out),
        verified.out,
      );
    });
  } finally {
    up.kill('SIGTERM');
    await up.end(60).catch(() => undefined);
  }

  function glass(...args: string[]) {
    return run('break-glass', ...args, '--state', state, '--by', 'Ada', '--because', 'a drill');
  }
});
process.exit(suite.end());

async function run(...args: string[]): Promise<{ code: number | null; out: string }> {
  const process = new UpProcess(args);
  const { code } = await process.end(120);
  return {
    code,
    out: `${process.lines.map((line) => line['text'] ?? JSON.stringify(line)).join('\n')}\n${process.stderr}`,
  };
}

/** A state in which an untrained policy that trades a lot may trade: what is tried here does not ask how well. */
async function approved(state: string, policy: string): Promise<void> {
  claimStateFolder(state);
  const clock = new SystemClock();
  const { keys, trustPath } = localTrust(state);
  const { repository } = await openEnvironment({ checkout: root, state, clock });
  const slot = await slotAt(repository.work, await fetchHead(repository), 'local');
  const candidateDir = busyPolicy(policy).directory;
  const verdicts = passedVerdicts(slot as Slot);
  const outcome = await promote({ repository, environment: 'local', candidateDir, verdicts, keys, trustPath, clock });
  hold(outcome.outcome === 'promoted', JSON.stringify(outcome));
}
