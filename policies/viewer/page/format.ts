/** Figures as a person reads them. Money and prices stay integers until they are digits: no float is rounded twice. */

/** Stands for what is not known. */
export const UNKNOWN = '–';
const MINUS = '−';

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

function signOf(value: number): string {
  return value < 0 ? MINUS : '';
}

/** Micro-USD, rounded half away from zero: −1234567 → "−$1.23". */
export function money(microUsd: number, decimals = 2): string {
  if (!Number.isFinite(microUsd)) return UNKNOWN;
  const unit = 10 ** (6 - decimals);
  const micro = Math.abs(Math.round(microUsd));
  const rest = micro % unit;
  const rounded = (micro - rest) / unit + (2 * rest >= unit ? 1 : 0);
  const digits = String(rounded).padStart(decimals + 1, '0');
  const whole = grouped(digits.slice(0, digits.length - decimals));
  const fraction = decimals === 0 ? '' : `.${digits.slice(-decimals)}`;
  return `${rounded === 0 ? '' : signOf(microUsd)}$${whole}${fraction}`;
}

/** USD given as a float, such as a score. */
export function usd(value: number | null): string {
  return value === null || !Number.isFinite(value) ? UNKNOWN : money(Math.round(value * 1e6));
}

/** Ticks as a price: (12345, "0.01") → "123.45". */
export function price(ticks: number, tickSize: string): string {
  const [whole = '0', fraction = ''] = tickSize.split('.');
  return decimal(ticks * Number(whole + fraction), fraction.length);
}

/** Half-ticks as a price: one digit more than a tick has. */
export function midPrice(halfTicks: number | null, tickSize: string): string {
  if (halfTicks === null || !Number.isFinite(halfTicks)) return UNKNOWN;
  const [whole = '0', fraction = ''] = tickSize.split('.');
  return decimal(halfTicks * Number(whole + fraction) * 5, fraction.length + 1);
}

/** An integer of 10^−decimals units. */
function decimal(units: number, decimals: number): string {
  const digits = String(Math.abs(units)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return `${signOf(units)}${grouped(whole)}${decimals === 0 ? '' : `.${digits.slice(-decimals)}`}`;
}

export function integer(value: number): string {
  return Number.isFinite(value) ? `${signOf(value)}${grouped(String(Math.abs(Math.round(value))))}` : UNKNOWN;
}

/** With its sign, zero without: a position. */
export function signed(value: number): string {
  return value > 0 ? `+${integer(value)}` : integer(value);
}

/** A float with `digits` after the point; null and NaN are unknown. */
export function float(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${signOf(value)}${text}`;
}

/** A measured figure of unknown size: integers as they are, others with four significant digits. */
export function figure(value: number | string): string {
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return integer(value);
  const text =
    Math.abs(value) < 1e-4 ? Math.abs(value).toExponential(2) : String(Number(Math.abs(value).toPrecision(4)));
  return `${signOf(value)}${text}`;
}

/** Event time of day, UTC: "14:30:05". Zero is before the first market event: no time is known yet. */
export function clockTime(timeUs: number): string {
  return timeUs === 0 ? 'the start' : new Date(timeUs / 1000).toISOString().slice(11, 19);
}

/** Event time with its day, UTC. */
export function dateTime(timeUs: number): string {
  return timeUs === 0 ? UNKNOWN : new Date(timeUs / 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** Wall time of day where the person is. */
export function wallTime(timeUs: number): string {
  return new Date(timeUs / 1000).toLocaleTimeString([], { hour12: false });
}

/** How long: "250 ms", "1.5 s", "42 s", "3 min 05 s", "2 h 10 min". */
export function duration(us: number): string {
  if (us < 1_000_000) return `${Math.round(us / 1000)} ms`;
  const seconds = us / 1_000_000;
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** How long between two event times; unknown when it began before the first market event. */
export function lasted(sinceUs: number, untilUs: number): string {
  return sinceUs === 0 ? UNKNOWN : duration(Math.max(0, untilUs - sinceUs));
}

/** The first twelve hex digits of "sha256:…". */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** "maxHoldDecisions" → "max hold decisions". */
export function words(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}
