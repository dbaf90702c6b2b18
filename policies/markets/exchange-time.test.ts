import test from 'ava';
import { midnightUs } from './exchange-time.ts';

const cases: [string, string, string][] = [
  ['summer in New York', '2012-06-21', '2012-06-21T04:00:00.000Z'],
  ['winter in New York', '2012-12-21', '2012-12-21T05:00:00.000Z'],
  ['the day clocks went forward', '2012-03-11', '2012-03-11T04:00:00.000Z'],
  ['the day clocks went back', '2012-11-04', '2012-11-04T05:00:00.000Z'],
];
for (const [name, date, expected] of cases) {
  test(name, (t) => {
    t.is(new Date(midnightUs(date, 'America/New_York') / 1000).toISOString(), expected);
  });
}

for (const date of ['2012-13-01', '2012-02-30', '20120621', '']) {
  test(`not a day: ${date}`, (t) => {
    t.throws(() => midnightUs(date, 'UTC'), { message: `date: is not a day (${date}), YYYY-MM-DD is allowed` });
  });
}
