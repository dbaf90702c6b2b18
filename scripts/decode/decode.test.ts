import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { BadInput } from '../../policies/markets/bad-input.ts';
import { plainDecimal } from '../../policies/markets/feeds/decimals.ts';
import { framed } from '../../runtime/fix/testing.ts';
import { dialectOf } from '../../runtime/fix/venues/dialect.ts';
import { SeparatorFilter, separatorOf } from '../../runtime/fix/venues/separators.ts';
import { Counts, decodeFile } from './decode-file.ts';

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

/** What is written and remarked of a file with these bytes; of one that cannot be read to its end, also why. */
async function decoded(t: ExecutionContext, content: Uint8Array) {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-decode-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'session.log');
  writeFileSync(file, content);
  const counts = new Counts();
  const remarks: string[] = [];
  let text = '';
  const write = async (told: string) => {
    text += told;
  };
  const options = { dialect: dialectOf('generic'), strict: false, summaryOnly: false, write };
  const failure = await decodeFile(file, { ...options, remark: (remark) => remarks.push(remark) }, counts).catch(
    (error: unknown) => error,
  );
  const lines = text === '' ? [] : text.trimEnd().split('\n');
  return {
    lines: lines.map((line) => JSON.parse(line)),
    summary: JSON.parse(JSON.stringify(counts)),
    remarks,
    failure,
  };
}

const HEADER = '49=V|56=C|52=20260102-03:04:05.678|';
const SNAPSHOT = framed(`35=W|34=1|${HEADER}55=AB|268=1|269=0|270=09.50|271=10|`);
const BROKEN = framed(`35=0|34=2|${HEADER}`).replace(/10=\d+/, '10=999');
const BEAT = framed(`35=0|34=3|${HEADER}`);
const SESSION = [SNAPSHOT, BROKEN, BEAT];

/** The lines of SESSION where its messages begin at these bytes of the file. */
const linesAt = (offsets: readonly number[]) => [
  {
    n: 0,
    offset: offsets[0],
    msgType: 'W',
    seq: 1,
    symbol: 'AB',
    entries: [{ action: 'new', type: 'bid', symbol: 'AB', price: 9.5, size: 10 }],
  },
  { n: 1, offset: offsets[1], error: { kind: 'BAD_CHECKSUM', tag: 10 } },
  { n: 2, offset: offsets[2], msgType: '0', seq: 3, symbol: null, entries: [] },
];

for (const separator of ['\x01', '|', '^A']) {
  for (const [form, log] of Object.entries({
    'one after the other': SESSION.join(''),
    'a line each, with text before and after': SESSION.map((one) => `2026-01-02 IN <${one}> ok\r\n`).join(''),
  })) {
    const text = log.replaceAll('|', separator);
    const offsets = [...text.matchAll(/8=FIX/g)].map(({ index }) => index);
    test(`fields that end with ${JSON.stringify(separator)}, ${form}: plain and gzip say the same`, async (t) => {
      for (const content of [bytes(text), gzipSync(bytes(text))]) {
        const { lines, summary, remarks, failure } = await decoded(t, content);
        t.is(failure, undefined);
        t.deepEqual(lines, linesAt(offsets));
        t.deepEqual(summary, { messages: 2, errors: { BAD_CHECKSUM: 1 }, bytes: text.length, resyncs: 1, gaps: 1 });
        t.deepEqual(remarks, []);
      }
    });
  }
}

test('of a gzip that ends early what can be read is told, and then that it ends', async (t) => {
  const whole = gzipSync(bytes(BEAT.replaceAll('|', '\x01').repeat(3)), { level: 0 });
  const { lines, summary, failure } = await decoded(t, whole.subarray(0, -30));
  t.deepEqual(
    lines.map(({ msgType, error }) => msgType ?? error.kind),
    ['0', '0', 'TRUNCATED'],
  );
  t.is(summary.messages, 2);
  t.true(failure instanceof BadInput);
  t.regex((failure as BadInput).message, /session\.log: cannot be read \(unexpected end of file\)/);
  t.is((failure as BadInput).exitCode, 2);
});

test('a file without a message that can be read gets a remark, with what is expected', async (t) => {
  for (const text of ['', 'nothing of the kind\n', SESSION.join('').replaceAll('|', ';')]) {
    const { summary, remarks } = await decoded(t, bytes(text));
    t.is(summary.messages, 0);
    t.regex(remarks.join(), /session\.log: has no message that can be read; messages of venue generic begin with 8=,/);
  }
});
