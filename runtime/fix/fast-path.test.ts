import test from 'ava';
import fc from 'fast-check';
import { Decoder } from './decoder.ts';
import { describeError, describeMarketData, framed, INSTRUMENTS, wire } from './testing.ts';

const ENTRY = '268=1|279=0|269=0|55=AAA|270=12.34|271=7|';

/** What a decoder says of messages given one by one, their headers included. */
function saidOf(messages: readonly string[], fastPathAfter: number): string[] {
  const said: string[] = [];
  const decoder: Decoder = new Decoder({
    instruments: INSTRUMENTS,
    fastPathAfter,
    onMarketData: (m) => {
      const { seqNum, sendingTimeUs, senderCompId, targetCompId } = decoder.header;
      said.push(`${seqNum} ${senderCompId} ${targetCompId} ${sendingTimeUs} ${describeMarketData(m)}`);
    },
    onMessage: ({ msgType }) => said.push(msgType),
    onError: (error) => said.push(describeError(error)),
  });
  for (const message of messages) decoder.push(wire(message));
  return said;
}

/** Mostly the first text, so that one header is often like the one before. */
function mostly(first: string, ...others: string[]) {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}
const usual = fc.tuple(
  mostly('34=7|', '34=8|', '34=07|', '34=12345678|', '34=123456789|'),
  mostly('49=SIM|', '49=SIN|', '49=SIMS|', `49=${'LONG'.repeat(30)}|`),
  mostly(
    '52=20260102-03:04:05.678|',
    '52=20260102-03:04:05.679|',
    '52=20260102-03:04:05.678901|',
    '52=20260102-03:05:06.000|',
  ),
  mostly('56=EMP|', '56=EMQ|', '56=E|'),
);
const shuffled = usual.chain((fields) => fc.shuffledSubarray(fields, { minLength: 4 }));
const UNSOUND = [
  ['34=0|', '34=x|', '34=|', '34=:|', '34=7x|', '34=1|2|', '43=Y|'],
  ['49=|', '49=S|M|', '57=DESK|'],
  ['52=20260102-03:04:60.678|', '52=20260102-03:04:05|678|', '52=20260102-03:04:05.6x8|', '52=20260102-03:04:05.6789|'],
  ['56=|', '56=E|P|', '56=EM|'],
];
const wrong = fc
  .tuple(usual, fc.nat(3))
  .chain(([fields, at]) => fc.constantFrom(...(UNSOUND[at] as string[])).map((field) => fields.with(at, field)));
const transactTime = fc.constantFrom(
  '',
  '60=20260102-03:04:05.600|',
  '60=20260102-03:04:05.600000|',
  '60=20260102-03:04:05.600Z|',
  '60=20260102-03:04:05.6001|',
  '60=20260102-03:04:05.600000Z|',
  '60=20260102-03:04:05.600000Z',
  '60=20260102-03:04:05.600Z',
  '60=20260102-03:04:05|',
);
const messages = fc.array(
  fc.tuple(
    fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: shuffled }, { weight: 3, arbitrary: wrong }),
    transactTime,
  ),
  { minLength: 2, maxLength: 8 },
);

test('headers and times one after the other, whatever they share with the one before: the two paths agree', (t) => {
  const first = `34=1|49=SIM|52=20260102-03:04:05.678|56=EMP|`;
  const counts = { sound: 0, refused: 0 };
  fc.assert(
    fc.property(messages, (stream) => {
      const texts = [first, ...stream.map(([fields, time]) => fields.join('') + time)].map((header) =>
        framed(`35=X|${header}${ENTRY}`),
      );
      const fast = saidOf(texts, 0);
      t.deepEqual(fast, saidOf(texts, Number.POSITIVE_INFINITY));
      for (const line of fast) counts[line.startsWith('!') ? 'refused' : 'sound']++;
    }),
    { numRuns: 500 },
  );
  t.true(Math.min(counts.sound, counts.refused) > 200, JSON.stringify(counts));
});

test('a symbol named before is not taken for one that begins like it, nor for the message’s own', (t) => {
  const named = (root: string, symbol: string) =>
    framed(
      `35=X|34=1|49=SIM|52=20260102-03:04:05.678|56=EMP|${root}268=2|279=0|269=0|${symbol}270=25|271=100|279=1|269=0|270=25|271=200|`,
    );
  const stream = [
    named('', '55=AAA|'),
    named('', '55=AAA|'),
    named('', '55=AAAX'),
    named('', '55=C|'),
    named('55=AAA|', '55=C|'),
    named('55=C|', ''),
    named('', '55=AAAA|'),
    named('', '55=C|'),
    named('', ''),
  ];
  const fast = saidOf(stream, 0);
  t.deepEqual(fast, saidOf(stream, Number.POSITIVE_INFINITY));
  t.true(fast[5]?.endsWith('2/0/0/1/1/0 2/1/0/1/2/0'), fast[5]);
});
