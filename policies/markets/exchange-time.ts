import { BadInput } from './bad-input.ts';

/**
 * Microseconds since the epoch at midnight of a trading day (YYYY-MM-DD) in a time zone, as its clocks show it while
 * the market is open: an exchange's "seconds after midnight" count from here. On a day on which clocks change, they
 * have done so before the market opens.
 *
 * @throws BadInput when it is not a day
 */
export function midnightUs(date: string, timeZone: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const utcMs = match === null ? Number.NaN : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  if (Number.isNaN(utcMs) || new Date(utcMs).toISOString().slice(0, 10) !== date) {
    throw new BadInput('date', 'is not a day', date, 'YYYY-MM-DD');
  }
  const noonMs = utcMs + 12 * 3_600_000;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  // Noon in UTC is still the same day everywhere from UTC−12 to UTC+11.
  const [hours, minutes] = format.format(noonMs).split(':').map(Number) as [number, number];
  return (utcMs + 12 * 3_600_000 - (hours * 60 + minutes) * 60_000) * 1000;
}
