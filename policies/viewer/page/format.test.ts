import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import * as format from './format.ts';

const says = test.macro({
  exec: (t: ExecutionContext, actual: string, expected: string) => t.is(actual, expected),
  title: (given = '', _actual, expected) => `${given} ${expected}`,
});

const {
  clockTime,
  dateTime,
  duration,
  figure,
  float,
  integer,
  lasted,
  midPrice,
  money,
  price,
  shortDigest,
  signed,
  usd,
  words,
} = format;

const lines: readonly (readonly [actual: string, expected: string])[] = [
  [money(0), '$0.00'],
  [money(1_234_567), '$1.23'],
  [money(-1_235_000), '−$1.24'],
  [money(-4_000), '$0.00'],
  [money(-5_000), '−$0.01'],
  [money(1_234_567_891_234), '$1,234,567.89'],
  [money(-33_049, 4), '−$0.0330'],
  [money(1_999_999, 0), '$2'],
  [money(Number.NaN), '–'],
  [money(null as unknown as number), '–'],
  [usd(-0.4), '−$0.40'],
  [usd(null), '–'],
  [price(12_345, '0.01'), '123.45'],
  [price(5, '0.01'), '0.05'],
  [price(7, '0.05'), '0.35'],
  [price(123_456, '1'), '123,456'],
  [price(-3, '0.5'), '−1.5'],
  [midPrice(44_595, '0.01'), '222.975'],
  [midPrice(3, '1'), '1.5'],
  [midPrice(null, '1'), '–'],
  [integer(-12_345), '−12,345'],
  [signed(7), '+7'],
  [signed(0), '0'],
  [float(-0.0004, 3), '0.000'],
  [float(-0.25, 2), '−0.25'],
  [float(null, 2), '–'],
  [figure(0.318_84), '0.3188'],
  [figure(-0.000_012_3), '−1.23e-5'],
  [figure(123_456.7), '123500'],
  [figure('held-out 17'), 'held-out 17'],
  [clockTime(1_767_623_405_250_000), '14:30:05'],
  [dateTime(1_767_623_405_250_000), '2026-01-05 14:30:05'],
  [duration(250_000), '250 ms'],
  [duration(1_500_000), '1.5 s'],
  [duration(42_000_000), '42 s'],
  [duration(185_000_000), '3 min 05 s'],
  [duration(7_800_000_000), '2 h 10 min'],
  [clockTime(0), 'the start'],
  [dateTime(0), '–'],
  [lasted(0, 5e15), '–'],
  [lasted(2_000_000, 5_000_000), '3 s'],
  [shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`), '0123456789ab'],
  [words('maxHoldDecisions'), 'max hold decisions'],
];
for (const [i, [actual, expected]] of lines.entries()) test(`line ${i}:`, says, actual, expected);

test('money is off by less than half of its last digit, whatever the amount', (t) => {
  const amount = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
  fc.assert(
    fc.property(amount, fc.integer({ min: 0, max: 6 }), (micro, decimals) => {
      const text = money(micro, decimals).replace('−', '-').replace('$', '').replaceAll(',', '');
      const [whole, fraction = ''] = text.split('.');
      const shown = BigInt(`${whole}${fraction.padEnd(6, '0')}`);
      const error = shown - BigInt(micro);
      t.true(2n * (error < 0n ? -error : error) <= 10n ** BigInt(6 - decimals));
    }),
  );
});

test('a price has as many digits as its tick, and is the exact product', (t) => {
  fc.assert(
    fc.property(fc.nat(10 ** 9), fc.constantFrom('0.01', '0.05', '0.25', '0.0001', '1', '10'), (ticks, tickSize) => {
      const [whole = '', fraction = ''] = tickSize.split('.');
      const shown = price(ticks, tickSize).replaceAll(',', '').replace('.', '');
      t.is(BigInt(shown), BigInt(ticks) * BigInt(whole + fraction));
      t.is(price(ticks, tickSize).split('.')[1]?.length ?? 0, fraction.length);
    }),
  );
});
