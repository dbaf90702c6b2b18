import test from 'ava';
import { framed, wire } from '../testing.ts';
import { type Dialect, dialectOf, venueNames } from './dialect.ts';
import { VenueReader } from './reader.ts';

const HEADER = '49=SIM|56=EMP|52=20260102-03:04:05.678|';
const SOUND = framed(`35=0|34=1|${HEADER}`);

function read(text: string, dialect: Dialect = dialectOf('generic'), by = Number.POSITIVE_INFINITY): string[] {
  const said: string[] = [];
  const reader = new VenueReader({
    dialect,
    onMessage: ({ message, seqNum, symbol, entries }) => {
      const list = entries.map(({ action, type, price, size, key }) => `${action} ${type} ${price} ${size} ${key}`);
      said.push([message.msgType, seqNum, symbol, ...list].join(', '));
    },
    onError: ({ kind, tag }) => said.push(tag === undefined ? kind : `${kind} ${tag}`),
  });
  const bytes = wire(text);
  for (let at = 0; at < bytes.length; at += by) reader.push(bytes.subarray(at, at + by));
  reader.finish();
  return said;
}

/** X with one entry of these fields. */
const x = (entry: string, count = '1') => framed(`35=X|34=5|${HEADER}268=${count}|${entry}`);
const BID = '279=0|269=0|55=AAA|270=1.5|271=7|';

/** What is wrong with a message, and what is said of it; the message after it is always read. */
const MALFORMED: Readonly<Record<string, readonly [message: string, ...said: string[]]>> = {
  'BodyLength too small': [SOUND.replace('|9=', '|9=0').replace(/9=0\d+/, '9=20'), 'BAD_BODY_LENGTH 9'],
  'BodyLength too large': [SOUND.replace(/9=\d+/, '9=99'), 'BAD_BODY_LENGTH 9'],
  'BodyLength huge': [SOUND.replace(/9=\d+/, '9=99999999999'), 'TOO_LARGE 9'],
  'BodyLength negative': [SOUND.replace(/9=\d+/, '9=-5'), 'BAD_BODY_LENGTH 9'],
  'BodyLength no number': [SOUND.replace(/9=\d+/, '9=x'), 'BAD_BODY_LENGTH 9'],
  'CheckSum wrong': [SOUND.replace(/10=\d+/, '10=000'), 'BAD_CHECKSUM 10'],
  'CheckSum short': [SOUND.replace(/10=\d+/, '10=1'), 'BAD_CHECKSUM 10'],
  'no MsgType': [framed(`34=5|${HEADER}`), 'MISSING_MSG_TYPE 35'],
  'tag 0': [x(`0=a|${BID}`), 'BAD_TAG 0'],
  'a tag with leading zeros': [x(`058=a|${BID}`), 'BAD_TAG 58'],
  'a tag that overflows': [x(`99999999999=a|${BID}`), 'BAD_TAG'],
  'no =': [x(`58|${BID}`), 'BAD_TAG'],
  'an empty value': [x('279=0|269=0|55=AAA|270=|271=7|'), 'EMPTY_VALUE 270'],
  'a count of zero': [x('', '0'), 'BAD_GROUP_COUNT 268'],
  'a negative count': [x(BID, '-1'), 'BAD_GROUP_COUNT 268'],
  'a count beyond reason': [x(BID, '99999999999'), 'BAD_GROUP_COUNT 268'],
  'a count too small': [x(BID + BID), 'BAD_GROUP_COUNT 268'],
  'a count too large': [x(BID, '2'), 'BAD_GROUP_COUNT 268'],
  'no type': [x('279=0|55=AAA|270=1|271=7|'), 'MISSING_FIELD 269'],
  'no price': [x('279=0|269=0|55=AAA|271=7|'), 'MISSING_FIELD 270'],
  'no size': [x('279=0|269=0|55=AAA|270=1|'), 'MISSING_FIELD 271'],
  'no symbol': [x('279=0|269=0|270=1|271=7|'), 'MISSING_FIELD 55'],
  'an unknown action': [x(BID.replace('279=0', '279=9')), 'BAD_ENUM 279'],
  'a price twice': [x(`${BID}270=1|`), 'DUPLICATE_TAG 270'],
  'a time that is none': [framed('35=0|34=5|49=A|56=B|52=20261301-00:00:00|'), 'BAD_TIMESTAMP 52'],
  'no MsgSeqNum': [framed(`35=0|${HEADER}`), 'MISSING_FIELD 34'],
  'MsgSeqNum 0': [framed(`35=0|34=0|${HEADER}`), 'BAD_NUMBER 34'],
  'a header field in the body': [framed(`35=0|34=5|${HEADER}112=a|50=b|`), 'OUT_OF_ORDER 50'],
  'another BeginString': [framed(`35=0|34=5|${HEADER}`, 'FIX.9.9'), 'BAD_BEGIN_STRING 8'],
  'garbage between messages': ['garbage', 'GARBLED'],
  'bytes beyond ASCII': [framed(`35=B|34=5|${HEADER}148=\xff\xfe|`), 'B, 5, '],
  'a message cut off': [SOUND.slice(0, 30), 'BAD_BODY_LENGTH 9'],
};
for (const price of ['NaN', 'Inf', '1e5', '+1', '1.2.3', '.', '-', '1234567890123456789']) {
  test(`a price of ${price}`, (t) => {
    t.deepEqual(read(x(`279=0|269=0|55=AAA|270=${price}|271=7|`) + SOUND), ['BAD_PRICE 270', '0, 1, ']);
  });
}
for (const [name, [message, ...said]] of Object.entries(MALFORMED)) {
  test(`${name} costs only itself, at any split`, (t) => {
    const expected = ['0, 1, ', ...said, '0, 1, '];
    t.deepEqual(read(SOUND + message + SOUND), expected);
    t.deepEqual(read(SOUND + message + SOUND, undefined, 1), expected);
  });
}

test('the end of a stream in the middle of a message is told, and what the message hid is read', (t) => {
  t.deepEqual(read(SOUND + SOUND.slice(0, 30)), ['0, 1, ', 'TRUNCATED']);
});

test('a change by id has the type and the symbol of what the id named', (t) => {
  const news = x(`${BID}278=I1|`);
  t.deepEqual(read(news + x('279=2|280=I1|')), [
    'X, 5, AAA, new bid 1.5 7 1.5',
    'X, 5, AAA, delete bid   '.replaceAll('   ', ' undefined undefined undefined'),
  ]);
});

test('a size of zero deletes where the venue says so', (t) => {
  const generic = dialectOf('generic');
  const zero = x('279=1|269=0|55=AAA|270=1.5|271=0|');
  t.deepEqual(read(zero), ['X, 5, AAA, change bid 1.5 0 1.5']);
  const deletes = { ...generic, marketData: { ...generic.marketData, zeroSizeDeletes: true } };
  t.deepEqual(read(zero, deletes), ['X, 5, AAA, delete bid 1.5 0 1.5']);
});

test('every venue that comes with us can be read, and another one is named with those there are', (t) => {
  for (const name of venueNames()) t.is(dialectOf(name).name, name);
  t.throws(() => dialectOf('nowhere'), { message: /venue nowhere is not known, allowed are binance, cme, deribit/ });
});
