/**
 * A trading calendar as Argo CD says it: no automated sync while a session is open; a person may sync by hand. Said are
 * weekly sessions in the market's own time zone. Not said, since a window knows no dates and reads no commits: holidays and
 * early closes, on which it is held like on any other day, and the trailer `Rollout: in-session`.
 */
import { type CalendarDocument, weekdays } from '../../runtime/contract.ts';

export interface SyncWindow {
  readonly kind: 'deny';
  /** Cron, in `timeZone`. */
  readonly schedule: string;
  readonly duration: string;
  readonly timeZone: string;
  readonly applications: readonly string[];
  readonly manualSync: true;
}

/** @param application the Argo CD application that a session holds */
export function syncWindows(application: string, { timeZone, sessions }: CalendarDocument): SyncWindow[] {
  return sessions.map(({ days, open, close }) => {
    const [hour, minute] = open.split(':').map(Number);
    return {
      kind: 'deny',
      // Cron counts Sunday as 0 and Monday as 1.
      schedule: `${minute} ${hour} * * ${days.map((day) => (weekdays.indexOf(day) + 1) % 7).join(',')}`,
      duration: lengthOf(open, close),
      timeZone,
      applications: [application],
      manualSync: true,
    };
  });
}

/** As Go writes a duration: a session that does not close later than it opens closes on the next day. */
function lengthOf(open: string, close: string): string {
  const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const minutes = minutesOf(close) - minutesOf(open);
  const length = minutes > 0 ? minutes : minutes + 24 * 60;
  return `${Math.floor(length / 60)}h${length % 60}m`;
}
