import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { fixture } from '../fixtures.ts';
import { InstrumentTable } from '../instrument.ts';
import { Decoder } from './decoder.ts';
import { decodeAll } from './testing.ts';

/** The stream inside a log: prefixes and line ends taken away, `|` turned into SOH where the log has that. */
function streamOf(path: string): Buffer {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  const messages = text
    .split(/\r?\n/)
    .map((line) => line.slice(Math.max(0, line.indexOf('8=FIX'))))
    .join('');
  return Buffer.from(messages.includes('\x01') ? messages : messages.replaceAll('|', '\x01'), 'latin1');
}

interface Counts {
  messages: number;
  marketData: number;
  errors: Record<string, number>;
}

function count(stream: Buffer, chunkBytes: number, instruments: InstrumentTable): Counts {
  const counts: Counts = { messages: 0, marketData: 0, errors: {} };
  const decoder = new Decoder({
    instruments,
    beginStrings: 'any',
    onMessage: () => counts.messages++,
    onMarketData: () => counts.marketData++,
    onError: (error) => {
      counts.errors[error.kind] = (counts.errors[error.kind] ?? 0) + 1;
    },
  });
  for (let at = 0; at < stream.length; at += chunkBytes) decoder.push(stream.subarray(at, at + chunkBytes));
  return counts;
}

function instrumentOf(symbol: string, tickSize: string): InstrumentTable {
  const money = { microUsdPerHalfTickLot: 1, takerFeeMicroUsdPerLot: 0, makerFeeMicroUsdPerLot: 0 };
  return new InstrumentTable([{ symbol, tickSize, lotSize: '1', ...money }]);
}

const verifies = test.macro({
  exec(t, file: string, expected: Counts, instruments: InstrumentTable = new InstrumentTable([])) {
    const path = fixture(`data/fix/logs/${file}`);
    if (path === undefined) {
      t.log(`SKIP: data/fix/logs/${file} is not among the fixtures`);
      t.pass();
      return;
    }
    const stream = streamOf(path);
    t.deepEqual(count(stream, 1 << 16, instruments), expected);
    t.deepEqual(count(stream, 977, instruments), expected, 'in small chunks');
  },
  title: (_, file) => `real log ${file}`,
});

test(verifies, 'FIX.4.2-KOD-BON.messages.log.gz', { messages: 2486, marketData: 0, errors: {} });
test(verifies, 'FIXT.1.1-EXEC-BANZAI.messages.log.gz', { messages: 92, marketData: 0, errors: { BAD_BODY_LENGTH: 2 } });
test(verifies, 'fix41_banzai_exec.fix', { messages: 16, marketData: 0, errors: {} });
test(verifies, 'fixt11_orders_20130724.fix', { messages: 65, marketData: 0, errors: {} });
// Eleven X change an entry by its id (280) and name neither type nor symbol: not of our dialect.
test(verifies, 'epam_fix44_all_types_1000.fix.gz', {
  messages: 978,
  marketData: 11,
  errors: { UNKNOWN_SYMBOL: 11, MISSING_FIELD: 11 },
});
// One side writes `57=` without a value, which the standard forbids and we refuse.
test(verifies, 'jspurefix_fixsim_session.txt', { messages: 8, marketData: 0, errors: { EMPTY_VALUE: 38 } });
// A broadcast without a session: no 34, 49 or 56. Every one of its messages is framed soundly.
test(verifies, 'jse_indices_20111124.fix.gz', { messages: 0, marketData: 0, errors: { MISSING_FIELD: 13_888 } });
test(
  verifies,
  'deribit_BTC-PERPETUAL_20191129_first462_restored.fix.gz',
  { messages: 1, marketData: 461, errors: {} },
  instrumentOf('BTC-PERPETUAL', '0.5'),
);

test('CME messages without BeginString are garbled, reported once, and stop nothing', (t) => {
  const path = fixture('data/fix/logs/cme_mdff_sample_lines001-100.fix.gz');
  if (path === undefined) {
    t.log('SKIP: the CME sample is not among the fixtures');
    t.pass();
    return;
  }
  const said = decodeAll([gunzipSync(readFileSync(path))]);
  t.is(said.length, 1);
  t.true(said[0]?.startsWith('! GARBLED'));
});
