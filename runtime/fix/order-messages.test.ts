import test from 'ava';
import fc from 'fast-check';
import { SimulatedClock } from '../clock.ts';
import { Decoder } from './decoder.ts';
import { type BodyWriter, Encoder } from './encoder.ts';
import type { FieldReader } from './message.ts';
import type { OrderDetails } from './order-details.ts';
import { type DetailedOrder, OrderMessages } from './order-messages.ts';
import { readMessageReject } from './reject-messages.ts';
import { writeBusinessReject, writeReject } from './session-reject.ts';
import { readMarketDataRequest, writeMarketDataReject, writeMarketDataRequest } from './subscription-messages.ts';
import { INSTRUMENTS, message, wire } from './testing.ts';
import { type OutgoingReport, VenueMessages } from './venue-messages.ts';

const TIME_US = Date.UTC(2026, 0, 2, 3, 4, 5, 678) * 1000 + 901;
const orders = new OrderMessages(INSTRUMENTS);
const venue = new VenueMessages(INSTRUMENTS);

/** Through the wire: written, framed, decoded, read. */
function passed<T>(msgType: string, write: (body: BodyWriter) => void, read: (m: FieldReader) => T): T {
  const clock = new SimulatedClock(TIME_US);
  const encoder = new Encoder({ beginString: 'FIX.4.4', senderCompId: 'EMP', targetCompId: 'SIM', clock });
  encoder.encode(msgType, 1, write);
  return decoded(encoder.out.bytes.subarray(0, encoder.out.length), read);
}

function decoded<T>(bytes: Uint8Array, read: (m: FieldReader) => T): T {
  const results: T[] = [];
  const decoder = new Decoder({
    instruments: INSTRUMENTS,
    onMarketData: () => undefined,
    onMessage: (m) => results.push(read(m)),
    onError: (error) => {
      throw new Error(`${error.kind} ${error.tag} ${error.text}`);
    },
  });
  decoder.push(bytes);
  if (results.length !== 1) throw new Error(`${results.length} messages`);
  return results[0] as T;
}

const word = fc.stringMatching(/^[A-Za-z0-9 .:-]{1,20}$/);
/** Nothing at all, or any choice of what an order may carry. */
const details = fc.option(
  fc
    .record(
      { account: word, secondaryClOrdId: word, expireTimeUs: fc.integer({ min: 0, max: 4e15 }) },
      { requiredKeys: [] },
    )
    .filter((some) => Object.keys(some).length > 0),
  { nil: undefined },
);
/** ExpireTime says how long an order rests: only one that rests has it. */
const withoutExpiry = ({ expireTimeUs: _, ...rest }: OrderDetails) =>
  Object.keys(rest).length === 0 ? undefined : rest;

const terms = fc.record({
  clOrdId: fc.stringMatching(/^EMP-\d{1,9}$/),
  symbolId: fc.integer({ min: 0, max: 2 }),
  side: fc.constantFrom('buy', 'sell'),
  priceTicks: fc.integer({ min: -1_000, max: 2_000_000_000 }),
  quantityLots: fc.integer({ min: 1, max: 2_000_000_000 }),
  timeInForce: fc.constantFrom('day', 'ioc'),
  postOnly: fc.boolean(),
} as const);
const order: fc.Arbitrary<DetailedOrder> = fc.tuple(terms, details).map(([plain, some]): DetailedOrder => {
  const carried = some !== undefined && plain.timeInForce === 'ioc' ? withoutExpiry(some) : some;
  return { ...plain, ...(carried && { details: carried }) };
});

test('D, F and G read back as they were written', (t) => {
  fc.assert(
    fc.property(order, fc.option(fc.constant('V-1'), { nil: undefined }), (o, orderId) => {
      const { symbol } = INSTRUMENTS.of(o.symbolId);
      const read = (m: FieldReader) => ({ request: venue.readRequest(m), timeUs: m.timeUs });
      const { symbolId: _, ...rest } = o;
      t.deepEqual(
        passed('D', (body) => orders.writeNewOrder(body, o, TIME_US), read),
        {
          request: { kind: 'new', symbol, ...rest },
          timeUs: TIME_US,
        },
      );
      t.deepEqual(passed('F', (body) => orders.writeCancel(body, 'EMP-c', o, orderId, TIME_US), read).request, {
        kind: 'cancel',
        clOrdId: 'EMP-c',
        origClOrdId: o.clOrdId,
        symbol,
      });
      const replacement = { clOrdId: 'EMP-g', priceTicks: o.priceTicks + 1, quantityLots: o.quantityLots + 1 };
      t.deepEqual(passed('G', (body) => orders.writeReplace(body, replacement, o, orderId, TIME_US), read).request, {
        kind: 'replace',
        origClOrdId: o.clOrdId,
        symbol,
        ...replacement,
      });
    }),
    { numRuns: 300 },
  );
});

test('H reads back as it was written, and so does its answer', (t) => {
  fc.assert(
    fc.property(order, (o) => {
      const request = passed(
        'H',
        (body) => orders.writeStatusRequest(body, o, 'V-1', 'EMP-7'),
        (m) => venue.readRequest(m),
      );
      const { symbol } = INSTRUMENTS.of(o.symbolId);
      const asked = { kind: 'orderStatus', clOrdId: o.clOrdId, symbol, side: o.side, requestId: 'EMP-7' } as const;
      t.deepEqual(request, asked);
      const answer = (known: boolean) =>
        passed(
          '8',
          (body) =>
            venue.writeClosedStatus(
              body,
              {
                request: asked,
                order: known ? { orderId: 'V-1', ordStatus: '2', cumLots: 7, tradedTicksLots: 700 } : undefined,
                execId: 'X-1',
              },
              TIME_US,
            ),
          (m) => orders.readReport(m),
        );
      const { clOrdId, side } = o;
      const told = { clOrdId, side, execType: 'I', statusRequestId: 'EMP-7', leavesLots: 0, status: undefined };
      t.like(answer(true), { ...told, orderId: 'V-1', ordStatus: '2', cumLots: 7, rejectReason: undefined });
      t.like(answer(false), { ...told, orderId: 'NONE', ordStatus: '8', cumLots: 0, rejectReason: 5 });
    }),
    { numRuns: 50 },
  );
});

test('q and AF read back as they were written', (t) => {
  const read = (m: FieldReader) => venue.readRequest(m);
  t.deepEqual(
    passed('q', (body) => orders.writeMassCancel(body, 'EMP-1', TIME_US), read),
    {
      kind: 'massCancel',
      clOrdId: 'EMP-1',
    },
  );
  t.deepEqual(
    passed('AF', (body) => orders.writeMassStatus(body, 'EMP-2'), read),
    {
      kind: 'massStatus',
      requestId: 'EMP-2',
    },
  );
});

const plainReport = fc.record<OutgoingReport>({
  kind: fc.constant('execution'),
  symbolId: fc.integer({ min: 0, max: 2 }),
  symbol: fc.constant(''),
  clOrdId: fc.stringMatching(/^EMP-\d{1,9}$/),
  origClOrdId: fc.option(fc.constant('EMP-0'), { nil: undefined }),
  orderId: fc.constant('V-1'),
  execId: fc.stringMatching(/^E-\d{1,9}$/),
  execType: fc.constantFrom('0', '4', '5', '8', 'F', 'C', 'I', 'H'),
  ordStatus: fc.constantFrom('0', '1', '2', '4', '8'),
  side: fc.constantFrom('buy', 'sell'),
  priceTicks: fc.integer({ min: -1_000, max: 2_000_000_000 }),
  quantityLots: fc.integer({ min: 1, max: 1_000_000 }),
  lastLots: fc.integer({ min: 1, max: 1_000_000 }),
  lastPriceTicks: fc.integer({ min: 1, max: 2_000_000 }),
  cumLots: fc.integer({ min: 0, max: 1_000_000 }),
  leavesLots: fc.integer({ min: 0, max: 1_000_000 }),
  liquidity: fc.constantFrom('maker', 'taker', undefined),
  timeUs: fc.constant(TIME_US),
  possDup: fc.constant(false),
  text: fc.option(fc.constant('why'), { nil: undefined }),
  rejectReason: fc.option(fc.constant(99), { nil: undefined }),
  responseTo: fc.constant(undefined),
  tradedTicksLots: fc.integer({ min: 0, max: 1_000_000_000 }),
  timeInForce: fc.constantFrom('day', 'ioc'),
  status: fc.option(fc.record({ requestId: fc.constant('EMP-9'), total: fc.nat(9), last: fc.boolean() }), {
    nil: undefined,
  }),
  restatementReason: fc.option(fc.constantFrom(0, 1, 8, 99), { nil: undefined }),
  statusRequestId: fc.option(word, { nil: undefined }),
});
const report = fc.tuple(plainReport, details).map(
  ([plain, some]): OutgoingReport => ({
    ...plain,
    details: some !== undefined && plain.timeInForce === 'ioc' ? withoutExpiry(some) : some,
  }),
);

test('8 reads back as it was written', (t) => {
  fc.assert(
    fc.property(report, (r) => {
      const sent = { ...r, symbol: INSTRUMENTS.of(r.symbolId).symbol };
      const got = passed(
        '8',
        (body) => venue.writeReport(body, sent),
        (m) => orders.readReport(m),
      );
      const { symbol: _s, tradedTicksLots: _t, timeInForce: _f, ...expected } = sent;
      t.deepEqual(got, expected);
    }),
    { numRuns: 500 },
  );
});

test('AvgPx is the average of the trades, in the price unit, rounded far below a tick', (t) => {
  const sample = fc.sample(report, 1)[0] as OutgoingReport;
  const averageOf = (symbolId: number, tradedTicksLots: number, cumLots: number) => {
    const r = { ...sample, symbolId, symbol: INSTRUMENTS.of(symbolId).symbol, tradedTicksLots, cumLots };
    return passed(
      '8',
      (body) => venue.writeReport(body, r),
      (m) => Number(m.text(6)),
    );
  };
  t.is(averageOf(0, 1000 * 1 + 1001 * 2, 3), 10.006667);
  t.is(averageOf(1, 15 * 4, 4), 7.5);
  t.is(averageOf(2, 41 * 2 + 42, 3), 1033.3325);
  t.is(averageOf(2, 0, 0), 0);
});

test('an order for a symbol that the venue does not have is refused under its own name', (t) => {
  const text = message('D', 1, '11=EMP-1|55=NOPE|54=1|60=20260102-03:04:05|38=1|40=2|44=1.2345|59=0|');
  const request = decoded(wire(text), (m) => venue.readRequest(m));
  t.like(request, { kind: 'new', symbol: 'NOPE', defect: { code: 1, text: 'symbol NOPE is not traded here' } });
  const sample = fc.sample(report, 1)[0] as OutgoingReport;
  const refused: OutgoingReport = {
    ...sample,
    symbolId: -1,
    symbol: 'NOPE',
    execType: '8',
    ordStatus: '8',
    lastLots: 0,
  };
  const got = passed(
    '8',
    (body) => venue.writeReport(body, refused),
    (m) => orders.readReport(m),
  );
  t.like(got, { symbolId: -1, execType: '8', quantityLots: 0, cumLots: 0 });
});

test('9 reads back as it was written, also without an order', (t) => {
  const sample = fc.sample(report, 1)[0] as OutgoingReport;
  const sent: OutgoingReport = {
    ...sample,
    kind: 'cancelReject',
    orderId: '',
    ordStatus: '8',
    responseTo: 2,
    rejectReason: 1,
    text: 'no such order',
    details: { account: 'A-1', secondaryClOrdId: 'S-1' },
  };
  const got = passed(
    '9',
    (body) => venue.writeReport(body, sent),
    (m) => orders.readReport(m),
  );
  t.like(got, {
    kind: 'cancelReject',
    clOrdId: sent.clOrdId,
    origClOrdId: sent.origClOrdId,
    orderId: 'NONE',
    symbolId: -1,
    ordStatus: '8',
    rejectReason: 1,
    text: 'no such order',
    timeUs: TIME_US,
    responseTo: 2,
    details: { account: 'A-1', secondaryClOrdId: 'S-1' },
  });
});

test('an answer to a mass status without open orders', (t) => {
  const got = passed(
    '8',
    (body) => venue.writeNoOrders(body, 'EMP-9', 'E-1', TIME_US),
    (m) => orders.readReport(m),
  );
  t.like(got, { symbolId: -1, execType: 'I', ordStatus: '8', status: { requestId: 'EMP-9', total: 0, last: true } });
});

test('r and AP read back as they were written', (t) => {
  const cancelled = { clOrdId: 'EMP-1', cancelled: 3, defect: undefined };
  const readCancel = (m: FieldReader) => orders.readMassCancelReport(m);
  t.deepEqual(
    passed('r', (body) => venue.writeMassCancelReport(body, cancelled, TIME_US), readCancel),
    {
      clOrdId: 'EMP-1',
      cancelled: 3,
      refused: false,
      text: undefined,
    },
  );
  const refused = { clOrdId: 'EMP-1', cancelled: 0, defect: { code: 99, text: 'no' } };
  t.like(
    passed('r', (body) => venue.writeMassCancelReport(body, refused, TIME_US), readCancel),
    { refused: true, text: 'no' },
  );
  for (const positionLots of [0, 7, -7]) {
    const position = { requestId: 'EMP-2', symbolId: 1, positionLots, total: 3, last: positionLots === 7 };
    const got = passed(
      'AP',
      (body) => venue.writePosition(body, position, TIME_US),
      (m) => orders.readPosition(m),
    );
    t.deepEqual(got, { ...position, symbol: 'BB.L' });
  }
});

const defect = test.macro({
  exec(t, msgType: 'D' | 'G', fields: string, code: number, text: string) {
    const head = msgType === 'D' ? '11=a|' : '11=b|41=a|';
    const bytes = wire(message(msgType, 1, `${head}55=BB.L|54=1|60=20260102-03:04:05|${fields}`));
    t.like(
      decoded(bytes, (m) => venue.readRequest(m)),
      { defect: { code, text } },
    );
  },
  title: (_, msgType, fields) => `${msgType} with ${fields} is a domain defect`,
});
test(defect, 'D', '38=1|40=2|44=7.4|59=0|', 99, 'price 7.4 is no multiple of 0.5');
test(defect, 'D', '38=0|40=2|44=7.5|59=0|', 13, 'quantity 0 is no positive multiple of 0.001');
test(defect, 'D', '38=-1|40=2|44=7.5|59=0|', 13, 'quantity -1 is no positive multiple of 0.001');
test(defect, 'D', '38=1.0001|40=2|44=7.5|59=0|', 13, 'quantity 1.0001 is no positive multiple of 0.001');
test(defect, 'D', '38=1|40=2|44=7.5|59=1|', 11, 'time in force 1 (good till cancel) is not supported');
test(defect, 'D', '38=1|40=2|44=7.5|59=4|', 11, 'time in force 4 (fill or kill) is not supported');
test(defect, 'D', '38=1|40=1|59=0|', 99, '40=1 is not supported, 2 is');
test(defect, 'G', '38=1|40=2|44=NaN|59=0|', 99, 'price NaN is no multiple of 0.5');

const malformed = test.macro({
  exec(t, msgType: string, fields: string, text: string) {
    t.throws(() => decoded(wire(message(msgType, 1, fields)), (m) => venue.readRequest(m)), {
      name: 'FixFieldError',
      message: text,
    });
  },
  title: (_, msgType, fields) => `${msgType} with ${fields} is malformed`,
});
test(malformed, 'D', '55=AAA|54=1|38=1|40=2|44=1|', 'D: field 11 is missing');
test(malformed, 'D', '11=a|54=1|38=1|40=2|44=1|', 'D: field 55 is missing');
test(malformed, 'D', '11=a|55=AAA|54=9|38=1|40=2|44=1|', 'D: field 54 is wrong ("9"), 1, 2 and 5 are allowed');
test(malformed, 'D', '11=a|55=AAA|54=1|38=1|40=2|44=1|59=9|', 'D: field 59 is wrong ("9"), 0 to 7 are allowed');
test(malformed, 'D', '11=a|55=AAA|54=1|38=1|40=2|44=1|59=6|', 'D: field 126 is missing, which 59=6 needs');
test(
  malformed,
  'D',
  '11=a|55=AAA|54=1|38=1|40=2|44=1|59=0|126=20260102-03:04:05|',
  'D: field 126 needs 59=6 (59 is "0")',
);
test(
  malformed,
  'D',
  '11=a|55=AAA|54=1|38=1|40=2|44=1|59=6|126=20260230-00:00:00|',
  'D: field 126 is no UTC timestamp ("20260230-00:00:00")',
);
test(malformed, 'H', '55=AAA|54=1|', 'H: field 11 is missing');
test(malformed, 'D', '11=a|55=AAA|54=1|38=1|40=2|44=1|18=G|', 'D: field 18 is wrong ("G"), 6 are allowed');
test(malformed, 'F', '11=a|55=AAA|54=1|', 'F: field 41 is missing');
test(malformed, 'AF', '584=a|585=1|', 'AF: field 585 is wrong ("1"), 7 are allowed');

test('3 and j say what was refused, and why, whatever they leave out', (t) => {
  const rejection = { seqNum: 7, reason: 1, tag: 44, msgType: 'D', text: 'no price' };
  t.deepEqual(
    passed('3', (body) => writeReject(body, 'FIX.4.4', rejection), readMessageReject),
    {
      kind: 'session',
      refSeqNum: 7,
      refMsgType: 'D',
      refTag: 44,
      refId: undefined,
      reason: 1,
      because: 'no price; required tag missing; field 44',
    },
  );
  const business = { seqNum: 8, msgType: 'G', reason: 3, text: 'no replaces', refId: 'EMP-3' };
  t.deepEqual(
    passed('j', (body) => writeBusinessReject(body, business), readMessageReject),
    {
      kind: 'business',
      refSeqNum: 8,
      refMsgType: 'G',
      refTag: undefined,
      refId: 'EMP-3',
      reason: 3,
      because: 'no replaces; unsupported message type',
    },
  );
  t.like(decoded(wire(message('3', 1, '45=2|')), readMessageReject), { refSeqNum: 2, because: 'no reason given' });
  t.like(decoded(wire(message('j', 1, '372=D|380=77|')), readMessageReject), {
    refSeqNum: undefined,
    because: 'reason 77',
  });
});

test('an 8 that is off the tick is refused, never rounded', (t) => {
  const text = message('8', 1, '37=1|11=a|17=e|150=F|39=2|55=AAA|54=1|38=1|44=1.23|32=1|31=1.234|151=0|14=1|6=1.234|');
  t.throws(() => decoded(wire(text), (m) => orders.readReport(m)), {
    name: 'FixFieldError',
    message: '8: field 31 is no multiple of 0.01 ("1.234")',
  });
});

test('V and Y', (t) => {
  const request = { requestId: 'MD-1', subscription: 'subscribe', depth: 10, symbols: ['AAA', 'C'] } as const;
  t.deepEqual(
    passed('V', (body) => writeMarketDataRequest(body, request), readMarketDataRequest),
    request,
  );
  t.is(
    passed(
      'Y',
      (body) => writeMarketDataReject(body, 'MD-1', 0, 'no such symbol'),
      (m) => `${m.text(262)} ${m.text(281)} ${m.text(58)}`,
    ),
    'MD-1 0 no such symbol',
  );
  const wrong = message('V', 1, '262=a|263=1|264=0|265=1|267=1|269=0|146=2|55=AAA|');
  t.throws(() => decoded(wire(wrong), readMarketDataRequest), { message: 'V: 1 symbols where 146 says 2' });
});
