import { type CalendarDocument, weekdays } from '../contract.ts';

export const MINUTES_A_DAY = 24 * 60;
const MINUTES_A_WEEK = 7 * MINUTES_A_DAY;

/** One opening of one session in the week, in minutes of wall time since Monday 00:00; its end may lie in the next week. */
interface Opening {
  readonly session: number;
  readonly day: (typeof weekdays)[number];
  readonly from: number;
  readonly to: number;
}

export function minutesOf(clockTime: string): number {
  return Number(clockTime.slice(0, 2)) * 60 + Number(clockTime.slice(3));
}

/** How long a session that opens and closes at these times is: one that does not close later than it opens crosses midnight. */
export function lengthMinutes(open: string, close: string): number {
  const minutes = minutesOf(close) - minutesOf(open);
  return minutes > 0 ? minutes : minutes + MINUTES_A_DAY;
}

/** Two openings of the week that share a minute: session, and the other's description; undefined when none do. */
export function overlapOf(sessions: CalendarDocument['sessions']): { session: number; other: string } | undefined {
  const openings = sessions.flatMap(({ days, open, close }, session) =>
    days.map((day): Opening => {
      const from = weekdays.indexOf(day) * MINUTES_A_DAY + minutesOf(open);
      return { session, day, from, to: from + lengthMinutes(open, close) };
    }),
  );
  for (const [index, one] of openings.entries()) {
    for (const other of openings.slice(0, index)) {
      // The week is a circle: what reaches beyond Sunday meets Monday.
      const meet = [-MINUTES_A_WEEK, 0, MINUTES_A_WEEK].some(
        (shift) => one.from < other.to + shift && other.from + shift < one.to,
      );
      if (!meet) continue;
      const { open, close } = sessions[other.session] as CalendarDocument['sessions'][number];
      return { session: one.session, other: `sessions.${other.session} (${other.day} ${open} to ${close})` };
    }
  }
  return undefined;
}
