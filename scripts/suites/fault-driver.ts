/**
 * One step of the story, as a process that a suite may kill: `node fault-driver.ts ACTION FOLDER`, on what the suite laid
 * out there. Ends with 0 when the step is done, whether now or before.
 */
import path from 'node:path';
import { SimulatedClock } from '../../runtime/clock.ts';
import { desiredRuntime } from '../environment/deployment.ts';
import { attach } from '../environment/repository.ts';
import { rollback } from '../environment/rollback.ts';
import { mustPromote, type Scratch } from '../environment/scratch.ts';
import { localTrust } from '../environment/trust.ts';
import { merge } from '../proposals/merge.ts';
import { teamAt } from '../proposals/scratch.ts';
import { tagMain } from '../proposals/tag.ts';

const START_US = 1_700_000_100_000_000;

export const actions = ['promote', 'rollback', 'sync', 'merge', 'tag'] as const;
export type FaultAction = (typeof actions)[number];

/** The scratch environment that was laid out in a folder. */
export async function scratchAt(root: string): Promise<Scratch> {
  const state = path.join(root, 'state');
  const repository = await attach(path.join(state, 'environment.git'), path.join(state, 'work.git'));
  return {
    root,
    checkout: path.join(root, 'product'),
    state,
    clock: new SimulatedClock(START_US),
    repository,
    ...localTrust(state),
  };
}

async function act(action: FaultAction, root: string): Promise<boolean> {
  if (action === 'merge' || action === 'tag') {
    const team = await teamAt(root, new SimulatedClock(START_US));
    if (action === 'tag') return (await tagMain(team)).every(({ outcome }) => outcome !== 'refused');
    const branch = process.argv[4] as string;
    return (await merge({ ...team, environment: 'paper', branch })).outcome !== 'refused';
  }
  const at = await scratchAt(root);
  if (action === 'sync') return (await desiredRuntime(at.state)).ok;
  if (action === 'promote')
    return (await mustPromote(at, 'b').catch((error: Error) => error.message.includes('already'))) !== false;
  const observed = { running: undefined, regression: undefined };
  const outcome = await rollback({ ...at, environment: 'local', observed, because: 'asked for' });
  return (
    outcome.outcome === 'rolled-back' || (outcome.outcome === 'refused' && outcome.reason === 'ROLLBACK_OF_ROLLBACK')
  );
}

if (process.argv[1] === import.meta.filename) {
  process.exitCode = (await act(process.argv[2] as FaultAction, process.argv[3] as string)) ? 0 : 1;
}
