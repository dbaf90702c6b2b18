import test from 'ava';
import { plainDecimal } from '../../policies/markets/feeds/decimals.ts';
import { SeparatorFilter, separatorOf } from '../../runtime/fix/venues/separators.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

test('decimal text becomes the JSON number of the same value, digit for digit', (t) => {
  const cases = {
    '7763.5000': '7763.5',
    '007.50': '7.5',
    '.5': '0.5',
    '3.': '3',
    '-0': '0',
    '-0.0': '0',
    '-12.30': '-12.3',
  };
  for (const [text, expected] of Object.entries(cases)) t.is(plainDecimal(text), expected);
  t.is(plainDecimal('123456789012345.678'), '123456789012345.678');
});

test('the separator is what stands before BodyLength', (t) => {
  t.is(separatorOf(bytes('8=FIX.4.4\x019=5\x01'), 8).text, '\x01');
  t.is(separatorOf(bytes('10:00 8=FIX.4.4|9=5|35=0|10=000|'), 8).text, '|');
  t.is(separatorOf(bytes('8=FIX.4.4^A9=5^A'), 8).text, '^A');
  t.is(separatorOf(bytes('1128=9|9=5|'), 1128).text, '|');
  t.is(separatorOf(bytes('nothing'), 8).text, '\x01');
});

test('CheckSum is held to the separator that it was summed over', (t) => {
  const body = '8=FIX.4.4|9=5|35=0|';
  let sum = 0;
  for (const byte of bytes(body)) sum += byte;
  const trailer = (value: number) => `10=${String(value % 256).padStart(3, '0')}|`;
  t.is(separatorOf(bytes(body + trailer(sum)), 8).summed, 124);
  t.is(separatorOf(bytes(body + trailer(sum - 3 * 123)), 8).summed, 1);
});

test('^A becomes SOH wherever the file is split, and offsets are those of the file', (t) => {
  const text = 'a^Ab^^Ac^Ad^';
  for (let cut = 0; cut <= text.length; cut++) {
    const filter = new SeparatorFilter({ text: '^A', summed: 1 });
    const parts = [text.slice(0, cut), text.slice(cut)].map((part) =>
      Buffer.from(filter.push(bytes(part))).toString('latin1'),
    );
    t.is(parts.join(''), 'a\x01b^\x01c\x01d');
    t.deepEqual(
      [0, 2, 5, 7].map((offset) => filter.offsetInFile(offset)),
      [0, 3, 7, 10],
    );
  }
});
