import test from 'ava';
import { SimulatedClock } from '../clock.ts';
import { ByteSum } from './checksum.ts';
import { DecimalScale } from './decimal.ts';
import { Encoder } from './encoder.ts';
import { checksumOf, decodeAll } from './testing.ts';

function encoder(): Encoder {
  const clock = new SimulatedClock(Date.UTC(2026, 0, 2, 3, 4, 5) * 1000);
  return new Encoder({ beginString: 'FIX.4.4', senderCompId: 'EMP', targetCompId: 'SIM', clock });
}

function textOf(e: Encoder): string {
  return Buffer.from(e.out.bytes.subarray(0, e.out.length)).toString('latin1').replaceAll('\x01', '|');
}

test('a message, byte for byte', (t) => {
  const e = encoder();
  e.encode('D', 7, (body) =>
    body
      .text(11, 'a')
      .integer(38, -12)
      .decimal(44, 1234, new DecimalScale('0.01'))
      .timestamp(60, 1_767_323_045_000_001),
  );
  const head = '8=FIX.4.4|9=000098|35=D|34=7|49=EMP|52=20260102-03:04:05.000|56=SIM|';
  const body = '11=a|38=-12|44=12.34|60=20260102-03:04:05.000001|';
  t.is(textOf(e), `${head}${body}10=${checksumOf(head + body)}|`);
});

test('a replay keeps number, type and body, and says when it was first sent', (t) => {
  const e = encoder();
  e.encode('8', 7, (body) => body.text(58, 'fill').text(37, '1'));
  const sent = e.out.bytes.slice(0, e.out.length);
  e.out.length = 0;
  e.replay(sent, 7);
  const middle = '35=8|34=7|43=Y|49=EMP|52=20260102-03:04:05.000|56=SIM|122=20260102-03:04:05.000|58=fill|37=1|';
  t.true(textOf(e).includes(middle));
  t.deepEqual(decodeAll([e.out.bytes.subarray(0, e.out.length)]), ['8 7 fill']);
});

test('what grows the buffer is framed as well as what does not', (t) => {
  const e = encoder();
  for (let i = 1; i <= 40; i++) e.encode('B', i, (body) => body.text(58, 'x'.repeat(i * 997)));
  const said = decodeAll([e.out.bytes.subarray(0, e.out.length)]);
  t.deepEqual(
    said,
    Array.from({ length: 40 }, (_, i) => `B ${i + 1} ${'x'.repeat((i + 1) * 997)}`),
  );
});

test('text that would break the framing is a programmer’s error, and leaves nothing behind', (t) => {
  const e = encoder();
  e.encode('B', 1, (body) => body.text(58, 'sound'));
  const { length } = e.out;
  for (const bad of ['', 'a\x01b', 'π']) t.throws(() => e.encode('B', 2, (body) => body.text(148, 'x').text(58, bad)));
  t.throws(() => e.encode('B', 2, (body) => body.integer(38, 1.5)));
  t.throws(() => e.encode('B', 2, (body) => body.text(58, 'x'.repeat(1_000_000))), { message: /message is too large/ });
  t.throws(() => e.encode('B', 2, () => e.encode('B', 3, () => undefined)), { message: /from inside/ });
  t.is(e.out.length, length);
  e.encode('B', 2, (body) => body.text(58, 'sound too'));
  t.deepEqual(decodeAll([e.out.bytes.subarray(0, e.out.length)]), ['B 1 sound', 'B 2 sound too']);
});

test('the sum of bytes is the sum of bytes, wherever it begins and ends', (t) => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, i) => 255 - ((i * 7) % 13));
  const sums = new ByteSum(bytes);
  for (let from = 0; from < 9; from++) {
    for (let to = from; to < bytes.length; to += to < 40 ? 1 : 97) {
      let expected = 0;
      for (let i = from; i < to; i++) expected += bytes[i];
      t.is(sums.of(from, to), expected & 0xff, `${from} to ${to}`);
    }
  }
});
