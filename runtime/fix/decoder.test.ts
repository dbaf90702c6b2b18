import test from 'ava';
import fc from 'fast-check';
import { Decoder } from './decoder.ts';
import { MAX_ENTRIES } from './market-data.ts';
import {
  checksumOf,
  decodeAll,
  describeMarketData,
  framed,
  INSTRUMENTS,
  incremental,
  join,
  message,
  wire,
} from './testing.ts';

const BID = '279=0|269=0|55=AAA|270=12.34|271=7|';
const HEADER = '49=SIM|56=EMP|52=20260102-03:04:05.678|';
const ROOT = '60=20260102-03:04:05.600|';
const TIME_US = Date.UTC(2026, 0, 2, 3, 4, 5, 600) * 1000;
const BEFORE = incremental(1, BID);
const AFTER = incremental(9, BID);
const SAID_BEFORE = `X 1 ${TIME_US} 0/0/0/1234/7/0`;
const SAID_AFTER = `X 9 ${TIME_US} 0/0/0/1234/7/0`;

function x(entries: string, root = `${ROOT}268=1|`, header = HEADER): string {
  return framed(`35=X|34=5|${header}${root}${entries}`);
}

function w(entries: string, root = `55=AAA|${ROOT}268=1|`): string {
  return framed(`35=W|34=5|${HEADER}${root}${entries}`);
}

/** A text of letters with which the bytes add nothing to a CheckSum. */
function summedToNothing(of: (text: string) => string): string {
  for (let before = ''; ; before += 'a') {
    const found = [...'abcdefghijklmnopqrstuvwxyz'].map((last) => of(before + last));
    const text = found.find((one) => checksumOf(one) === '000');
    if (text !== undefined) return text;
  }
}

/** One bad message between two good ones: refused with its error once, its neighbours are delivered. */
const refused = test.macro({
  exec(t, bad: string, expected: string) {
    const said = decodeAll([wire(BEFORE + bad + AFTER)], { fastPathAfter: 0 });
    const at = BEFORE.length;
    t.deepEqual(said, [SAID_BEFORE, `! ${expected} at ${at}`, SAID_AFTER]);
    const byByte = decodeAll([...wire(BEFORE + bad + AFTER)].map((byte) => Uint8Array.of(byte)));
    t.deepEqual(byByte, said, 'byte by byte');
    const generic = decodeAll([wire(BEFORE + bad + AFTER)], { fastPathAfter: Number.POSITIVE_INFINITY });
    t.deepEqual(generic, said, 'without the fast path');
  },
  title: (name) => `refuses ${name}`,
});

const accepted = test.macro({
  exec(t, text: string, ...expected: string[]) {
    const fast = decodeAll([wire(BEFORE + text + AFTER)], { fastPathAfter: 0 });
    t.deepEqual(fast, [SAID_BEFORE, ...expected, SAID_AFTER]);
    const generic = decodeAll([wire(BEFORE + text + AFTER)], { fastPathAfter: Number.POSITIVE_INFINITY });
    t.deepEqual(generic, [SAID_BEFORE, ...expected, SAID_AFTER], 'without the fast path');
  },
  title: (name) => `accepts ${name}`,
});

test('a bid with everything in the predicted order', accepted, x(BID), `X 5 ${TIME_US} 0/0/0/1234/7/0`);
test(
  'prices written as the one before, and not',
  accepted,
  x(
    ['12.34', '56.78', '5', '1.2', '12.30', '99.99', '100.00', '98.01']
      .map((p) => `279=1|269=0|55=AAA|270=${p}|271=1|`)
      .join(''),
    `${ROOT}268=8|`,
  ),
  `X 5 ${TIME_US} ${[1234, 5678, 500, 120, 1230, 9999, 10000, 9801].map((ticks) => `0/1/0/${ticks}/1/0`).join(' ')}`,
);
test(
  'a price with another character where the one before had its dot',
  refused,
  x('279=0|269=0|55=AAA|270=12.34|271=7|279=0|269=0|55=AAA|270=12/34|271=7|', `${ROOT}268=2|`),
  'BAD_PRICE tag 270 seq 5',
);
test(
  'ten entries of several symbols in any order of fields',
  accepted,
  x(
    '279=0|269=0|55=AAA|270=12.34|271=7|' +
      '279=1|271=0.002|270=7.5|55=BB.L|269=1|' +
      '279=2|269=1|270=8.0|' +
      '279=0|269=2|55=C|270=1025|271=300|5797=2|' +
      '279=0|5797=1|269=2|270=1000|271=100|9999=whatever|',
    `${ROOT}268=5|`,
  ),
  `X 5 ${TIME_US} 0/0/0/1234/7/0 1/1/1/15/2/0 1/2/1/16/0/0 2/0/2/41/3/-1 2/0/2/40/1/1`,
);
test(
  'entries that begin with 269',
  accepted,
  x('269=0|279=0|55=AAA|270=1|271=1|269=1|279=2|270=2|', `${ROOT}268=2|`),
  `X 5 ${TIME_US} 0/0/0/100/1/0 0/2/1/200/0/0`,
);
test(
  'a symbol in the root of an X',
  accepted,
  x('279=0|269=0|270=1|271=1|', `${ROOT}55=AAA|268=1|`),
  `X 5 ${TIME_US} 0/0/0/100/1/0`,
);
test(
  'a snapshot',
  accepted,
  w('269=0|270=1.5|271=3|269=1|270=1.6|271=4|', `55=AAA|${ROOT}268=2|`),
  `W 5 ${TIME_US} 0/0/0/150/3/0 0/0/1/160/4/0`,
);
test('an empty book', accepted, w('269=J|'), `W 5 ${TIME_US} 0/0/3/0/0/0`);
test(
  'statistics, held to the syntax of numbers only',
  accepted,
  x('279=0|269=9|55=AAA|270=1.23456|'),
  `X 5 ${TIME_US} 0/0/4/0/0/0`,
);
test(
  'an unknown symbol, with a remark and the rest of the message',
  accepted,
  x(`279=0|269=0|55=ZZZ|270=1.2345|271=7|${BID}`, `${ROOT}268=2|`),
  `! UNKNOWN_SYMBOL tag 55 at ${BEFORE.length}`,
  `X 5 ${TIME_US} -1/0/0/0/0/0 0/0/0/1234/7/0`,
);

test(
  'a price of more decimals that are zero',
  accepted,
  x('279=0|269=0|55=AAA|270=12.3400|271=07|'),
  `X 5 ${TIME_US} 0/0/0/1234/7/0`,
);
test('a negative price', accepted, x('279=0|269=0|55=AAA|270=-0.05|271=7|'), `X 5 ${TIME_US} 0/0/0/-5/7/0`);
test(
  'SendingTime where there is no TransactTime',
  accepted,
  x(BID, '268=1|'),
  `X 5 ${TIME_US + 78_000} 0/0/0/1234/7/0`,
);
test(
  'a possible duplicate, and says so',
  accepted,
  x(BID, `${ROOT}268=1|`, `${HEADER}43=Y|122=20260102-03:04:05.678|`),
  `X 5 ${TIME_US} dup 0/0/0/1234/7/0`,
);
test(
  'a BodyLength padded with zeros',
  accepted,
  (() => {
    const body = `35=0|34=5|${HEADER}`;
    const text = `8=FIX.4.4|9=${String(body.length).padStart(7, '0')}|${body}`;
    return `${text}10=${checksumOf(text)}|`;
  })(),
  '0 5 ',
);
test(
  'length-prefixed data that holds SOH and a trailer',
  accepted,
  message('B', 5, '58=news|95=14|96=a|10=000|8=FIX|'),
  'B 5 news',
);
test('a signature in the trailer', accepted, message('0', 5, '58=x|93=3|89=a|b|'), '0 5 x');
test('Latin-1 in text', accepted, message('B', 5, '58=caf\xe9|'), 'B 5 caf\xe9');

test('no BodyLength', refused, BEFORE.replace(/9=\d+\|/, ''), 'BAD_BODY_LENGTH tag 9');
test('a BodyLength that is too small', refused, x(BID).replace(/9=\d+\|/, '9=20|'), 'BAD_BODY_LENGTH tag 9');
test('a BodyLength that is too large by one', refused, shift(x(BID), 1), 'BAD_BODY_LENGTH tag 9');
test('a BodyLength that is too small by one', refused, shift(x(BID), -1), 'BAD_BODY_LENGTH tag 9');
test('a BodyLength that reaches far beyond the stream', refused, shift(x(BID), 100_000), 'BAD_BODY_LENGTH tag 9');
test('a negative BodyLength', refused, x(BID).replace(/9=\d+\|/, '9=-1|'), 'BAD_BODY_LENGTH tag 9');
test('a BodyLength of letters', refused, x(BID).replace(/9=\d+\|/, '9=1x|'), 'BAD_BODY_LENGTH tag 9');
test('an empty BodyLength', refused, x(BID).replace(/9=\d+\|/, '9=|'), 'BAD_BODY_LENGTH tag 9');
test('a huge BodyLength', refused, x(BID).replace(/9=\d+\|/, '9=99999999999999999999|'), 'TOO_LARGE tag 9');
test(
  'a wrong checksum',
  refused,
  x(BID).replace(/10=\d+\|$/, (s) => (s === '10=000|' ? '10=001|' : '10=000|')),
  'BAD_CHECKSUM tag 10',
);
test('a short checksum', refused, x(BID).replace(/10=\d(\d\d)\|$/, '10=$1|'), 'BAD_CHECKSUM tag 10');
test('an altered byte', refused, x(BID).replace('270=12.34', '270=12.35'), 'BAD_CHECKSUM tag 10');
test('a truncated message', refused, x(BID).slice(0, -30), 'BAD_BODY_LENGTH tag 9');
// Bytes that add nothing to the CheckSum of the message they run into.
test('a message cut off in its BeginString', refused, '8=FIXp4', 'GARBLED');
test(
  'a message cut off, with BodyLength and CheckSum of the one it runs into',
  refused,
  summedToNothing((text) => {
    const body = `35=0|34=5|${HEADER}58=${text}`;
    return `8=FIX.4.4|9=${body.length + AFTER.length - '10=000|'.length}|${body}`;
  }),
  'BAD_BODY_LENGTH tag 9',
);
test('noise between messages', refused, 'noise 8=F 10=000|\xff\xfe', 'GARBLED');
test('a lost beginning', refused, x(BID).slice(7), 'GARBLED');
test('a BeginString without end', refused, `8=FIX${'.'.repeat(300)}`, 'GARBLED');
test('another BeginString', refused, framed(`35=0|34=5|${HEADER}`, 'FIX.4.2'), 'BAD_BEGIN_STRING tag 8');
test('no MsgType', refused, framed(`34=5|${HEADER}`), 'MISSING_MSG_TYPE tag 35');
test('MsgType in the wrong place', refused, framed(`34=5|35=0|${HEADER}`), 'MISSING_MSG_TYPE tag 35');
test('an empty MsgType', refused, framed(`35=|34=5|${HEADER}`), 'EMPTY_VALUE tag 35 seq 5');
test('a second MsgType', refused, message('0', 5, '35=0|'), 'DUPLICATE_TAG tag 35 seq 5');
test('a second trailer in the body', refused, message('0', 5, '10=000|58=x|'), 'BAD_BODY_LENGTH tag 9');
for (const [name, field, tag = ''] of [
  ['tag 0', '0=x', ' tag 0'],
  ['a tag with a leading zero', '058=x', ' tag 58'],
  ['a tag that is too large', '99999999999=x'],
  ['a tag of letters', 'ab=x'],
  ['a negative tag', '-58=x', ' tag -58'],
  ['no tag', '=x'],
  ['a missing =', '58'],
  ['an empty field', ''],
] as const) {
  test(`${name} in a message`, refused, message('0', 5, `${field}|112=a|`), `BAD_TAG${tag} seq 5`);
  test(`${name} in an entry`, refused, x(`279=0|${field}|269=0|55=AAA|270=1|271=1|`), `BAD_TAG${tag} seq 5`);
  test(`${name} after an entry`, refused, x(`${BID}${field}|`), `BAD_TAG${tag} seq 5`);
}
test('an empty value in a message', refused, message('0', 5, '112=|'), 'EMPTY_VALUE tag 112 seq 5');
for (const tag of [279, 269, 55, 270, 271]) {
  const fields = BID.split('|').filter((field) => field.length > 0);
  const without = (value: string | undefined): string =>
    fields.map((f) => (f.startsWith(`${tag}=`) ? (value === undefined ? '' : `${tag}=${value}|`) : `${f}|`)).join('');
  test(`an empty ${tag}`, refused, x(without('')), `EMPTY_VALUE tag ${tag} seq 5`);
  test(`a missing ${tag}`, refused, x(without(undefined)), `MISSING_FIELD tag ${tag} seq 5`);
  test(
    `a missing ${tag} in a second entry`,
    refused,
    x(BID + (tag === 55 ? '279=0|269=0|271=1|' : without(undefined)), `${ROOT}268=2|`),
    tag === 279 ? 'DUPLICATE_TAG tag 269 seq 5' : `MISSING_FIELD tag ${tag === 55 ? 270 : tag} seq 5`,
  );
  if (tag !== 279)
    test(
      `a second ${tag}`,
      refused,
      x(`${BID}${fields.find((f) => f.startsWith(`${tag}=`))}|`),
      `DUPLICATE_TAG tag ${tag} seq 5`,
    );
}
for (const price of [
  'NaN',
  'Inf',
  '1e5',
  '+1',
  '1.2.3',
  '1234567890123456789',
  '-',
  '.',
  '1,5',
  '12 ',
  '-99999999999',
  '21474836.48',
]) {
  test(`price ${price}`, refused, x(`279=0|269=0|55=AAA|270=${price}|271=7|`), 'BAD_PRICE tag 270 seq 5');
}
test(
  'a malformed price of an unknown symbol',
  refused,
  x('279=0|269=0|55=ZZ|270=1e5|271=7|'),
  'BAD_PRICE tag 270 seq 5',
);
test('a price off the tick', refused, x('279=0|269=0|55=AAA|270=12.345|271=7|'), 'OFF_TICK tag 270 seq 5');
for (const size of ['NaN', '1e5', '+1', '-1', '-0.5', '9999999999999999', '1.2.3']) {
  const kind = size === '-0.5' ? 'OFF_LOT' : 'BAD_NUMBER';
  test(`size ${size}`, refused, x(`279=0|269=0|55=AAA|270=12.34|271=${size}|`), `${kind} tag 271 seq 5`);
}
test('a size off the lot', refused, x('279=0|269=0|55=C|270=1000|271=150|'), 'OFF_LOT tag 271 seq 5');
for (const action of ['3', '9', 'x', '00', '-1']) {
  test(`action ${action}`, refused, x(`279=${action}|269=0|55=AAA|270=1|271=1|`), 'BAD_ENUM tag 279 seq 5');
}
for (const type of ['?', '00', '-']) {
  test(`entry type ${type}`, refused, x(`279=0|269=${type}|55=AAA|270=1|271=1|`), 'BAD_ENUM tag 269 seq 5');
}
test('an aggressor that is no side', refused, x('279=0|269=2|55=AAA|270=1|271=1|5797=3|'), 'BAD_ENUM tag 5797 seq 5');
for (const count of ['0', '-1', '100000000000', 'x', '1.0', '+1', `${MAX_ENTRIES + 1}`, '2', '00']) {
  test(`a group count of ${count}`, refused, x(BID, `${ROOT}268=${count}|`), 'BAD_GROUP_COUNT tag 268 seq 5');
}
test('a group count that is too small', refused, x(BID + BID, `${ROOT}268=1|`), 'BAD_GROUP_COUNT tag 268 seq 5');
test('a group count twice', refused, x(BID, `${ROOT}268=1|268=1|`), 'MISSING_FIELD tag 279 seq 5');
test('a group count inside an entry', refused, x(`${BID}268=1|`), 'DUPLICATE_TAG tag 268 seq 5');
test('no group', refused, x('', ROOT), 'MISSING_FIELD tag 268 seq 5');
test('no symbol anywhere', refused, x('279=0|269=0|270=1|271=1|'), 'MISSING_FIELD tag 55 seq 5');
test('group fields in the header', refused, x(BID, `${ROOT}268=1|`, `270=1|${HEADER}`), 'BAD_TAG tag 270 seq 5');
test('a header field in the body', refused, x(BID, `${ROOT}50=x|268=1|`), 'OUT_OF_ORDER tag 50 seq 5');
test('a header field in an entry', refused, x(`${BID}52=20260102-03:04:05|`), 'OUT_OF_ORDER tag 52 seq 5');
test('a header field in the body of a message', refused, message('D', 5, '11=a|50=x|'), 'OUT_OF_ORDER tag 50 seq 5');
test('a body field after the trailer', refused, message('0', 5, '93=1|89=x|58=x|'), 'OUT_OF_ORDER tag 58 seq 5');
test('a duplicate header field', refused, x(BID, `${ROOT}268=1|`, `${HEADER}56=EMP|`), 'DUPLICATE_TAG tag 56 seq 5');
test('a duplicate field of an order', refused, message('D', 5, '11=a|44=1|44=2|'), 'DUPLICATE_TAG tag 44 seq 5');
test('a duplicate symbol in the root', refused, x(BID, `${ROOT}55=AAA|55=AAA|268=1|`), 'DUPLICATE_TAG tag 55 seq 5');
test('no MsgSeqNum', refused, framed(`35=0|${HEADER}`), 'MISSING_FIELD tag 34');
test('a MsgSeqNum of letters', refused, framed(`35=0|34=x|${HEADER}`), 'BAD_NUMBER tag 34');
test('a MsgSeqNum of 0', refused, framed(`35=0|34=0|${HEADER}`), 'BAD_NUMBER tag 34');
test('a negative MsgSeqNum', refused, framed(`35=0|34=-1|${HEADER}`), 'BAD_NUMBER tag 34');
test('no SendingTime', refused, framed('35=0|34=5|49=SIM|56=EMP|'), 'MISSING_FIELD tag 52 seq 5');
test('no SenderCompID', refused, framed('35=0|34=5|56=EMP|52=20260102-03:04:05|'), 'MISSING_FIELD tag 49 seq 5');
test(
  'a SendingTime that is none',
  refused,
  framed('35=0|34=5|49=SIM|56=EMP|52=20260102|'),
  'BAD_TIMESTAMP tag 52 seq 5',
);
test('a TransactTime that is none', refused, x(BID, '60=20261302-03:04:05|268=1|'), 'BAD_TIMESTAMP tag 60 seq 5');
test('a PossDupFlag that is none', refused, x(BID, `${ROOT}268=1|`, `${HEADER}43=y|`), 'BAD_ENUM tag 43 seq 5');
test('an action other than New in a snapshot', refused, w('269=0|279=2|270=1|271=1|'), 'BAD_ENUM tag 279 seq 5');
test('data longer than its message', refused, message('B', 5, '95=900|96=abc|'), 'BAD_NUMBER tag 96 seq 5');
test('data whose length is not where SOH is', refused, message('B', 5, '95=2|96=abc|58=x|'), 'BAD_NUMBER tag 96 seq 5');

function shift(text: string, by: number): string {
  return text.replace(/9=(\d+)\|/, (_, length) => `9=${Number(length) + by}|`);
}

test('a message larger than the bound is refused at its length, before its bytes come', (t) => {
  const text = wire(framed(`35=B|34=5|${HEADER}58=${'x'.repeat(3000)}|`));
  const said = decodeAll([wire(BEFORE), text.subarray(0, 40)], { maxMessageBytes: 2000 });
  t.deepEqual(said, [SAID_BEFORE, `! TOO_LARGE tag 9 at ${BEFORE.length}`]);
  t.deepEqual(decodeAll([text, wire(AFTER)], { maxMessageBytes: 2000 }).at(-1), SAID_AFTER);
});

test('a snapshot as large as a message may have, and one byte at a time', (t) => {
  const entries = Array.from({ length: MAX_ENTRIES }, (_, i) => `269=0|270=${i + 1}.25|271=${i}|`).join('');
  const text = w(entries, `55=AAA|${ROOT}268=${MAX_ENTRIES}|`);
  const whole = decodeAll([wire(text + AFTER)]);
  t.is(whole.length, 2);
  t.true(whole[0]?.endsWith(` 0/0/0/${MAX_ENTRIES * 100 + 25}/${MAX_ENTRIES - 1}/0`));
  t.deepEqual(decodeAll([...wire(text + AFTER)].map((byte) => Uint8Array.of(byte))), whole);
});

test('an exception of a callback passes through and the next message is delivered', (t) => {
  let calls = 0;
  const said: string[] = [];
  const decoder = new Decoder({
    instruments: INSTRUMENTS,
    onMessage: () => undefined,
    onError: () => undefined,
    onMarketData: (m) => {
      if (++calls === 1) throw new Error('mine');
      said.push(describeMarketData(m));
    },
  });
  t.throws(() => decoder.push(wire(BEFORE)), { message: 'mine' });
  decoder.push(wire(AFTER));
  t.deepEqual(said, [SAID_AFTER]);
});

test('reset inside a callback drops the rest of the chunk', (t) => {
  const seen: number[] = [];
  const decoder: Decoder = new Decoder({
    instruments: INSTRUMENTS,
    onMessage: () => undefined,
    onError: (error) => t.fail(error.kind),
    onMarketData: (m) => {
      seen.push(m.seqNum);
      if (m.seqNum === 1) decoder.reset();
    },
  });
  decoder.push(join(wire(BEFORE), wire(x(BID)), wire(AFTER).subarray(0, 30)));
  decoder.push(wire(AFTER));
  t.deepEqual(seen, [1, 9]);
});

const corpus = [
  BEFORE,
  x(`${BID}279=2|269=1|270=1.00|279=0|269=2|270=3|271=4|5797=1|`, `${ROOT}268=3|`),
  w('269=0|270=1.5|271=3|269=1|270=1.6|271=4|', `55=AAA|${ROOT}268=2|`),
  message('8', 6, '37=1|11=a|17=e|150=0|39=0|55=AAA|54=1|58=text|'),
  message('B', 7, '95=14|96=a|10=000|8=FIX|58=data|'),
  x(BID).replace(/9=\d+\|/, '9=4000|'),
  x(BID).slice(0, -30),
  message('0', 5, '0=x|'),
  'noise',
  AFTER,
];

test('any split of the stream says the same', (t) => {
  const stream = wire(corpus.join(''));
  const whole = decodeAll([stream]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }), (cuts) => {
      const bounds = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const chunks = bounds.slice(1).map((to, i) => stream.subarray(bounds[i], to));
      t.deepEqual(decodeAll(chunks), whole);
    }),
    { numRuns: 500 },
  );
});

/** Bytes overwritten, removed, inserted or swapped for FIX punctuation. */
const mutation = fc.array(
  fc.record({
    at: fc.nat(100_000),
    kind: fc.constantFrom('set', 'remove', 'insert', 'digit', 'soh'),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutated(text: string, changes: { at: number; kind: string; byte: number }[], reframe: boolean): Uint8Array {
  const bytes = [...wire(text)];
  const from = reframe ? text.indexOf('35=') : 0;
  const to = reframe ? text.lastIndexOf('10=') : bytes.length;
  let end = to;
  for (const { at, kind, byte } of changes) {
    const position = from + (at % (end - from));
    if (kind === 'remove' && end - from > 1) {
      bytes.splice(position, 1);
      end--;
    } else if (kind === 'insert') {
      bytes.splice(position, 0, byte);
      end++;
    } else bytes[position] = kind === 'digit' ? 48 + (byte % 10) : kind === 'soh' ? 1 : byte;
  }
  if (!reframe) return Uint8Array.from(bytes);
  const body = Buffer.from(bytes.slice(from, end)).toString('latin1').replaceAll('|', '!').replaceAll('\x01', '|');
  return wire(framed(body));
}

test('mutated messages never throw, never cost a sound neighbour, and both paths agree on them', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...corpus.slice(0, 5)), mutation, fc.boolean(), (text, changes, reframe) => {
      const stream = join(wire(BEFORE), mutated(text, changes, reframe), wire(AFTER + incremental(10, BID)));
      const fast = decodeAll([stream], { fastPathAfter: 0 });
      t.is(fast[0], SAID_BEFORE);
      t.true(fast.includes(`X 10 ${TIME_US} 0/0/0/1234/7/0`), 'the second message after it');
      t.is(fast.at(-2), SAID_AFTER);
      t.deepEqual(decodeAll([stream], { fastPathAfter: Number.POSITIVE_INFINITY }), fast);
      const middle = stream.length >> 1;
      t.deepEqual(decodeAll([stream.subarray(0, middle), stream.subarray(middle)]), fast);
    }),
    { numRuns: 500, seed: 4_4, endOnFailure: true },
  );
});

test('entries of random fields: the two paths agree', (t) => {
  const field = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom('279=0|', '279=1|', '279=2|', '269=0|', '269=1|', '269=2|', '55=AAA|', '55=C|'),
    },
    {
      weight: 6,
      arbitrary: fc.constantFrom('270=12.34|', '270=25|', '271=100|', '271=7|', '270=|', '5797=1|', '58=a|', '95=3|'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '270=1.234|',
        '271=-1|',
        '279=9|',
        '55=ZZ|',
        '269=J|',
        '34=5|',
        '93=1|',
        '268=1|',
        '96=x|',
      ),
    },
  );
  const predicted = fc.constantFrom(BID, '279=2|269=1|55=C|270=25|', '279=0|269=2|55=AAA|270=1|271=2|');
  const entries = fc.array(fc.oneof({ weight: 3, arbitrary: predicted }, { weight: 2, arbitrary: field }), {
    maxLength: 12,
  });
  const sound = [0, 0] as [updates: number, snapshots: number];
  fc.assert(
    fc.property(entries, fc.integer({ min: 0, max: 2 }), fc.boolean(), (parts, slack, isSnapshot) => {
      const text = parts.join('');
      const begins = isSnapshot ? /269=/g : /279=/g;
      const count = (text.match(begins)?.length ?? 0) + (slack === 2 ? 1 : 0);
      const root = `${ROOT}268=${count}|`;
      const whole = isSnapshot ? w(text.replaceAll(/279=\d\||55=\w+\|/g, ''), `55=AAA|${root}`) : x(text, root);
      const stream = wire(BEFORE + whole + AFTER);
      const fast = decodeAll([stream], { fastPathAfter: 0 });
      if (fast.length === 3 && fast[1]?.startsWith(isSnapshot ? 'W' : 'X')) sound[isSnapshot ? 1 : 0]++;
      t.deepEqual(fast, decodeAll([stream], { fastPathAfter: Number.POSITIVE_INFINITY }));
      t.is(fast.at(-1), SAID_AFTER);
    }),
    { numRuns: 1000 },
  );
  t.true(Math.min(...sound) > 10, `${sound.join(' and ')} of the streams were sound`);
});
