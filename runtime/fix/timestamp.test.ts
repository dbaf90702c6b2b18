import test from 'ava';
import fc from 'fast-check';
import { wire } from './testing.ts';
import { TimestampCodec } from './timestamp.ts';

function parse(text: string, codec = new TimestampCodec()): number {
  const bytes = wire(text);
  return codec.parse(bytes, 0, bytes.length);
}

test('seconds, milliseconds and microseconds are read', (t) => {
  const base = Date.UTC(2026, 1, 28, 23, 59, 58) * 1000;
  t.is(parse('20260228-23:59:58'), base);
  t.is(parse('20260228-23:59:58.123'), base + 123_000);
  t.is(parse('20260228-23:59:58.123456'), base + 123_456);
  t.is(parse('20161231-23:59:60'), Date.UTC(2017, 0, 1) * 1000);
});

const refuses = test.macro({
  exec: (t, text: string) => t.is(parse(text), Number.NaN),
  title: (_, text) => `refuses "${text}"`,
});
for (const text of [
  '',
  '20260228',
  '20260229-00:00:00',
  '20261301-00:00:00',
  '20260100-00:00:00',
  '19691231-23:59:59',
  '20260228-24:00:00',
  '20260228-23:60:00',
  '20260228-23:59:61',
  '20260228-12:59:60',
  '20260228 23:59:58',
  '20260228-23-59-58',
  '20260228-23:59:58.1',
  '20260228-23:59:58.1234',
  '20260228-23:59:58.12x',
  '20260228-23:59:58.1234567',
  '20260228-23:59:58,123',
  '2026022x-23:59:58',
  '-0260228-23:59:58',
]) {
  test(refuses, text);
}

test('a bad date is refused also right after a good one, and the other way round', (t) => {
  const codec = new TimestampCodec();
  t.false(Number.isNaN(parse('20260228-00:00:00', codec)));
  t.true(Number.isNaN(parse('20260229-00:00:00', codec)));
  t.true(Number.isNaN(parse('20260229-00:00:00', codec)));
  t.false(Number.isNaN(parse('20260228-00:00:00', codec)));
});

test('what is written reads back, and is what Date says', (t) => {
  const codec = new TimestampCodec();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), fc.boolean(), (us, whole) => {
      const timeUs = whole ? us - (us % 1000) : us;
      const text = codec.format(timeUs);
      t.is(parse(text, codec), timeUs);
      const iso = new Date(Math.floor(timeUs / 1000)).toISOString();
      t.is(text.slice(0, 21), `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 23)}`);
    }),
    { numRuns: 1000 },
  );
});
