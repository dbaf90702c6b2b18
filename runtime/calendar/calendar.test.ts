import test from 'ava';
import { parse, stringify } from 'yaml';
import { readCalendar } from './calendar.ts';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri'];
const exchange = {
  timeZone: 'America/New_York',
  sessions: [{ days: weekdays, open: '09:30', close: '16:00' }],
  holidays: ['2026-12-25'],
  earlyCloses: [{ date: '2026-11-27', close: '13:00' }],
};
/** Opens in the evening, closes in the next afternoon, as futures do. */
const overnight = {
  timeZone: 'America/Chicago',
  sessions: [{ days: ['sun', 'mon', 'tue', 'wed', 'thu'], open: '17:00', close: '16:00' }],
};
const always = {
  timeZone: 'Etc/UTC',
  sessions: [{ days: [...weekdays, 'sat', 'sun'], open: '00:00', close: '00:00' }],
};

const calendar = (document: object) => readCalendar('calendar.yaml', Buffer.from(stringify(document)));
const us = (time: string) => Date.parse(time) * 1000;
const iso = (timeUs: number | undefined) =>
  timeUs === undefined ? undefined : new Date(timeUs / 1000).toISOString().replace(':00.000Z', 'Z');

for (const [what, document, at, session, close] of [
  ['before the open', exchange, '2026-11-23T14:29:59Z', undefined, '2026-11-23T21:00Z'],
  ['at the open', exchange, '2026-11-23T14:30:00Z', '2026-11-23T14:30Z', '2026-11-23T21:00Z'],
  ['just before the close', exchange, '2026-11-23T20:59:59Z', '2026-11-23T14:30Z', '2026-11-23T21:00Z'],
  ['at the close', exchange, '2026-11-23T21:00:00Z', undefined, '2026-11-24T21:00Z'],
  ['at a weekend', exchange, '2026-11-21T18:00:00Z', undefined, '2026-11-23T21:00Z'],
  ['on a holiday', exchange, '2026-12-25T18:00:00Z', undefined, '2026-12-28T21:00Z'],
  ['before an early close', exchange, '2026-11-27T17:59:59Z', '2026-11-27T14:30Z', '2026-11-27T18:00Z'],
  ['after an early close', exchange, '2026-11-27T18:00:00Z', undefined, '2026-11-30T21:00Z'],
  ['in summer time, an hour earlier', exchange, '2026-07-01T13:30:00Z', '2026-07-01T13:30Z', '2026-07-01T20:00Z'],
  ['the Monday after clocks went forward', exchange, '2026-03-09T13:30:00Z', '2026-03-09T13:30Z', '2026-03-09T20:00Z'],
  ['the Monday after clocks went back', exchange, '2026-11-02T13:30:00Z', undefined, '2026-11-02T21:00Z'],
  ['past midnight', overnight, '2026-11-24T06:00:00Z', '2026-11-23T23:00Z', '2026-11-24T22:00Z'],
  ['in the break before midnight', overnight, '2026-11-23T22:30:00Z', undefined, '2026-11-24T22:00Z'],
  [
    'in the night in which clocks go forward',
    overnight,
    '2026-03-08T23:00:00Z',
    '2026-03-08T22:00Z',
    '2026-03-09T21:00Z',
  ],
  ['on a market that never closes', always, '2026-11-23T12:00:00Z', '2026-11-23T00:00Z', undefined],
] as const) {
  test(`${what}: in session, and the next close`, (t) => {
    const found = calendar(document);
    t.is(iso(found.sessionAt(us(at))?.fromUs), session);
    t.is(iso(found.nextCloseUs(us(at))), close);
  });
}

test('a session over a change of clocks is as long as the wall says: 23 and 25 hours', (t) => {
  const whole = calendar({ timeZone: 'Europe/Berlin', sessions: [{ days: ['sat'], open: '12:00', close: '12:00' }] });
  const hours = (at: string) => {
    const session = whole.sessionAt(us(at));
    return session === undefined ? undefined : (session.toUs - session.fromUs) / 3600e6;
  };
  t.is(hours('2026-03-28T20:00:00Z'), 23);
  t.is(hours('2026-10-24T20:00:00Z'), 25);
});

test('an opening that clocks skip is as much later, one that comes twice is the first', (t) => {
  const night = calendar({ timeZone: 'Europe/Berlin', sessions: [{ days: ['sun'], open: '02:30', close: '06:00' }] });
  t.is(iso(night.sessionAt(us('2026-03-29T01:30:00Z'))?.fromUs), '2026-03-29T01:30Z');
  t.is(iso(night.sessionAt(us('2026-10-25T00:30:00Z'))?.fromUs), '2026-10-25T00:30Z');
});

for (const [what, change, message] of [
  [
    'an unknown time zone',
    'timeZone: Mars/Olympus',
    'timeZone ("Mars/Olympus"): is not a time zone of the IANA database, such as America/New_York',
  ],
  [
    'a time that is none',
    "sessions: [{ days: [mon], open: '25:00', close: '16:00' }]",
    'sessions.0.open ("25:00"): must be a time of day in quotes, such as "09:30"',
  ],
  ['an unknown field', 'holiday: []', 'holiday is not a known field of the document'],
  ['no session', 'sessions: []', 'sessions is too small ([]), at least 1 is allowed'],
  [
    'an early close that is later',
    "earlyCloses: [{ date: '2026-11-27', close: '17:00' }]",
    'earlyCloses.0.close ("17:00"): is not earlier than 16:00, at which it closes anyway',
  ],
  [
    'an early close at a weekend',
    "earlyCloses: [{ date: '2026-11-28', close: '13:00' }]",
    'earlyCloses.0.date ("2026-11-28"): 0 sessions open on that day, 1 is allowed',
  ],
  [
    'a date that is none',
    "holidays: ['2026-02-30']",
    'holidays.0 ("2026-02-30"): must be a date in quotes, such as "2026-12-25"',
  ],
] as const) {
  test(`${what} is refused with its path`, (t) => {
    t.throws(() => calendar({ ...exchange, earlyCloses: [], ...(parse(change) as object) }), {
      message: `calendar.yaml: ${message}`,
    });
  });
}

for (const [what, sessions, other] of [
  [
    'on one day',
    [
      ['mon', '09:00', '12:00'],
      ['mon', '11:59', '13:00'],
    ],
    'sessions.0 (mon 09:00 to 12:00)',
  ],
  [
    'past midnight',
    [
      ['mon', '20:00', '04:00'],
      ['tue', '03:00', '05:00'],
    ],
    'sessions.0 (mon 20:00 to 04:00)',
  ],
  [
    'from Sunday into Monday',
    [
      ['mon', '03:00', '05:00'],
      ['sun', '20:00', '04:00'],
    ],
    'sessions.0 (mon 03:00 to 05:00)',
  ],
] as const) {
  test(`sessions that overlap ${what} are refused with their path; those that touch are one`, (t) => {
    const list = sessions.map(([day, open, close]) => ({ days: [day], open, close }));
    const { message } = t.throws(() => calendar({ timeZone: 'Etc/UTC', sessions: list })) as Error;
    t.true(message.startsWith('calendar.yaml: sessions.1 ('), message);
    t.true(message.endsWith(`: overlaps ${other}; sessions that share no minute are allowed`), message);
    const [first, second] = list;
    const touching = {
      ...second,
      ...(what === 'on one day'
        ? { open: '12:00' }
        : what === 'past midnight'
          ? { open: '04:00' }
          : { close: '03:00' }),
    };
    t.notThrows(() => calendar({ timeZone: 'Etc/UTC', sessions: [first, touching] }));
  });
}
