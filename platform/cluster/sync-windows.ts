/**
 * A live environment's trading calendar as Argo CD says it: no automated sync while a session is open, and none at all where
 * no calendar says that the market ever closes; a person may sync by hand. Said are weekly sessions in the market's own time
 * zone. Not said, since a window knows no dates and reads no commits: holidays and early closes, on which it is held like on
 * any other day, and the trailer `Rollout: in-session`.
 */
import { type CalendarDocument, weekdays } from '../../runtime/contract.ts';
import type { Place } from './namespace.ts';

export interface SyncWindow {
  readonly kind: 'deny';
  /** Cron, in `timeZone`. */
  readonly schedule: string;
  readonly duration: string;
  readonly timeZone: string;
  readonly applications: readonly string[];
  readonly manualSync: true;
}

/** @param calendar undefined: the market never closes */
export function syncWindows(
  { environment, mode }: Pick<Place, 'environment' | 'mode'>,
  calendar: CalendarDocument | undefined,
): readonly SyncWindow[] {
  if (mode !== 'live') return [];
  const held = { kind: 'deny', applications: [`emp-${environment}`], manualSync: true } as const;
  // Each day's reaches into the next: between two there is no moment.
  if (calendar === undefined) return [{ ...held, schedule: '0 0 * * *', duration: '48h', timeZone: 'Etc/UTC' }];
  const { timeZone, sessions } = calendar;
  return sessions.map(({ days, open, close }) => {
    const [hour, minute] = open.split(':').map(Number);
    // Cron counts Sunday as 0 and Monday as 1.
    const schedule = `${minute} ${hour} * * ${days.map((day) => (weekdays.indexOf(day) + 1) % 7).join(',')}`;
    return { ...held, schedule, duration: lengthOf(open, close), timeZone };
  });
}

/** As Go writes a duration: a session that does not close later than it opens closes on the next day. */
function lengthOf(open: string, close: string): string {
  const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const minutes = minutesOf(close) - minutesOf(open);
  const length = minutes > 0 ? minutes : minutes + 24 * 60;
  return `${Math.floor(length / 60)}h${length % 60}m`;
}
