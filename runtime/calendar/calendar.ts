import { Temporal } from 'temporal-polyfill';
import { parseDocument } from '../boot/documents.ts';
import { type CalendarDocument, calendarDocument, weekdays } from '../contract.ts';
import { lengthMinutes, overlapOf } from './week.ts';

/** Openings are looked for so many days from a moment at most: longer than any holidays in a row. */
const DAYS_AHEAD = 40;
const FAR_US = DAYS_AHEAD * 86_400_000_000;

/** A span in which the market trades without a break, microseconds since the epoch; `toUs` belongs to what follows. */
export interface Session {
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * When a market trades. Wall times are the market's own: where clocks change, a time that does not exist means as much
 * later as the clocks jump, one that exists twice means the first (RFC 5545), and a session is as long as that makes it.
 */
export class TradingCalendar {
  readonly #document: CalendarDocument;
  readonly #holidays: ReadonlySet<string>;
  readonly #earlyCloses: ReadonlyMap<string, string>;

  constructor(document: CalendarDocument) {
    this.#document = document;
    this.#holidays = new Set(document.holidays);
    this.#earlyCloses = new Map(document.earlyCloses.map(({ date, close }) => [date, close]));
  }

  /** The session under way; undefined between sessions. Sessions of which one opens as another closes are one. */
  sessionAt(timeUs: number): Session | undefined {
    const found = this.#openingAt(timeUs);
    if (found === undefined) return undefined;
    let { toUs } = found;
    // A market that has not closed for so long never does, as far as anybody who waits is concerned.
    while (toUs - timeUs <= FAR_US) {
      const next = this.#openingAt(toUs);
      if (next === undefined) break;
      toUs = next.toUs;
    }
    return { fromUs: found.fromUs, toUs };
  }

  /** When the market closes next, be it in session or not; undefined when it does not in the weeks ahead. */
  nextCloseUs(timeUs: number): number | undefined {
    const opensUs = this.#openings(timeUs, -1, DAYS_AHEAD).find(({ fromUs }) => fromUs >= timeUs)?.fromUs;
    const session = this.sessionAt(timeUs) ?? (opensUs === undefined ? undefined : this.sessionAt(opensUs));
    return session === undefined || session.toUs - timeUs > FAR_US ? undefined : session.toUs;
  }

  #openingAt(timeUs: number): Session | undefined {
    return this.#openings(timeUs, -2, 0).find(({ fromUs, toUs }) => fromUs <= timeUs && timeUs < toUs);
  }

  /** What opens from one day to another, counted from the moment's local date; ascending. */
  #openings(timeUs: number, firstDay: number, lastDay: number): Session[] {
    const { timeZone, sessions } = this.#document;
    const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(timeUs / 1000)).toZonedDateTimeISO(timeZone);
    const openings: Session[] = [];
    for (let n = firstDay; n <= lastDay; n++) {
      const date = today.toPlainDate().add({ days: n });
      if (this.#holidays.has(date.toString())) continue;
      const day = weekdays[date.dayOfWeek - 1];
      for (const { days, open, close } of sessions) {
        if (day === undefined || !days.includes(day)) continue;
        const closes = this.#earlyCloses.get(date.toString()) ?? close;
        const opens = date.toPlainDateTime(open);
        const ends = opens.add({ minutes: lengthMinutes(open, closes) });
        openings.push({ fromUs: epochUs(opens, timeZone), toUs: epochUs(ends, timeZone) });
      }
    }
    return openings.sort((a, b) => a.fromUs - b.fromUs);
  }
}

function epochUs(wall: Temporal.PlainDateTime, timeZone: string): number {
  return wall.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds * 1000;
}

const checkedDocument = calendarDocument.superRefine((document, context) => {
  const refuse = (path: (string | number)[], message: string, input: unknown) =>
    context.addIssue({ code: 'custom', path, message, input });
  if (!isTimeZone(document.timeZone)) {
    refuse(['timeZone'], 'is not a time zone of the IANA database, such as America/New_York', document.timeZone);
    return;
  }
  const overlap = overlapOf(document.sessions);
  if (overlap !== undefined) {
    const { session, other } = overlap;
    refuse(
      ['sessions', session],
      `overlaps ${other}; sessions that share no minute are allowed`,
      document.sessions[session],
    );
  }
  for (const [index, { date, close }] of document.earlyCloses.entries()) {
    const day = weekdays[Temporal.PlainDate.from(date).dayOfWeek - 1];
    const opening = document.sessions.filter(({ days }) => day !== undefined && days.includes(day));
    const at = ['earlyCloses', index];
    if (opening.length !== 1 || document.holidays.includes(date)) {
      const count = document.holidays.includes(date) ? 0 : opening.length;
      refuse([...at, 'date'], `${count} sessions open on that day, 1 is allowed`, date);
    } else if (
      lengthMinutes(opening[0]?.open ?? '', close) >= lengthMinutes(opening[0]?.open ?? '', opening[0]?.close ?? '')
    ) {
      refuse([...at, 'close'], `is not earlier than ${opening[0]?.close}, at which it closes anyway`, close);
    }
  }
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** @throws InputError naming file, field, actual and allowed */
export function readCalendar(file: string, bytes: Buffer): TradingCalendar {
  return new TradingCalendar(parseDocument(file, bytes, checkedDocument).value);
}
