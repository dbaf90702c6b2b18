/** Whether a rollout has to wait for the market's close: a runtime that trades money is not restarted in session. */
import { readCalendar } from '../../runtime/calendar/calendar.ts';
import { basePath, environmentPath } from '../../runtime/evidence/layout.ts';
import { git } from '../environment/git.ts';
import { readAt } from '../environment/tree.ts';
import { modeOf } from './desired.ts';

/** The trailer of a commit message that lets its rollout go on in session: `Rollout: in-session`. */
const TRAILER = { key: 'Rollout', value: 'in-session' } as const;

export interface SessionHold {
  /** When the market closes next, ISO 8601; null for one that does not close. */
  readonly until: string | null;
  readonly because: string;
}

export interface Rollout {
  /** A repository that has the commit. */
  readonly work: string;
  readonly commit: string;
  readonly environment: string;
  /** The slot is a rollback's: what failed is not left running until the close. */
  readonly isRollback: boolean;
}

/** @returns undefined when it may go on now @throws InputError naming what is wrong in the environment's calendar */
export async function sessionHold(rollout: Rollout, nowUs: number): Promise<SessionHold | undefined> {
  const { work, commit, environment, isRollback } = rollout;
  const folder = environmentPath(environment);
  // Without a platform document it runs on one machine, on paper.
  if ((await readAt(work, commit, `${folder}/platform.yaml`)) === undefined) return undefined;
  if (isRollback || (await modeOf({ work }, commit, environment)) !== 'live') return undefined;
  const file = `${folder}/calendar.yaml`;
  const document = await readAt(work, commit, file);
  const calendar = document === undefined ? undefined : readCalendar(file, document);
  if (calendar !== undefined && calendar.sessionAt(nowUs) === undefined) return undefined;
  if (await saysInSession(work, commit, [folder, basePath])) return undefined;
  const closeUs = calendar?.nextCloseUs(nowUs);
  const until = closeUs === undefined ? null : new Date(closeUs / 1000).toISOString();
  const market = until === null ? 'its market never closes' : `its market is in session until ${until}`;
  const fix = `${until === null ? '' : 'sync again then, or '}say "${TRAILER.key}: ${TRAILER.value}" in the commit that changes it`;
  return { until, because: `${environment} trades live and ${market}; ${fix}` };
}

/** The commit that last changed what the environment runs, or the merge that brought it, carries the trailer. */
async function saysInSession(work: string, commit: string, paths: readonly string[]): Promise<boolean> {
  const format = `--format=%(trailers:key=${TRAILER.key},valueonly)`;
  const told = await Promise.all(
    [[], ['--first-parent']].map((how) => git(work, ['log', '-1', ...how, format, commit, '--', ...paths])),
  );
  return told.some((values) => values.split('\n').some((value) => value.trim() === TRAILER.value));
}
