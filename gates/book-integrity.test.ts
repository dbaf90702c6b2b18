import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openSlice } from '../policies/evaluation/slice.ts';
import { LogWriter } from '../policies/markets/log-writer.ts';
import { ACTION, ENTRY, MarketData } from '../runtime/fix/market-data.ts';
import type { Transport } from '../runtime/fix/transport.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type BookDefect, compareBooks } from './book-comparison.ts';
import { bookIntegrity } from './book-integrity.ts';
import { gateSlice } from './gate-slice.ts';
import { candidateWith } from './planted-policy.ts';
import { contextOf } from './testing.ts';

const { config } = contextOf();
const slice = gateSlice(contextOf(), 'tampered', 240);
const SYMBOL = 1;
const ENOUGH = 100;

test("passes the runtime's books, with a limit on what may pass for evidence", async (t) => {
  const verdict = await bookIntegrity.run(candidateWith(t), contextOf());
  t.is(verdict.status, 'passed', verdict.because);
  t.true((verdict.measured['comparisonsLeast'] as number) >= 200);
  t.is(verdict.measured['symbols'], 3);
});

/** Stands between decoder and book. @returns what to deliver instead, in order; undefined: nothing is planted here */
type Tamper = (message: MarketData, first: MarketData) => readonly MarketData[] | undefined;

/** Plants a defect in the first message that allows it, from the hundredth of the symbol on. */
function plant(tamper: Tamper): { readonly planted: number; readonly defect: BookDefect | undefined } {
  let delivered = 0;
  let planted = Number.NaN;
  let snapshot: MarketData | undefined;
  const onStart = (runtime: Runtime) => {
    const deliver = runtime.onMarketData.bind(runtime);
    runtime.onMarketData = (message) => {
      if (message.symbolId[0] !== SYMBOL) return deliver(message);
      snapshot ??= copyOf(message);
      const tampered = Number.isNaN(planted) && delivered >= ENOUGH ? tamper(message, snapshot) : undefined;
      if (tampered !== undefined) planted = delivered;
      for (const each of tampered ?? [message]) {
        delivered++;
        deliver(each);
      }
    };
  };
  return { defect: compareBooks(openSlice(slice), { ...contextOf(), policy: undefined, onStart }).defect, planted };
}

function copyOf(message: MarketData): MarketData {
  const copy = new MarketData();
  const { snapshot, seqNum, timeUs, possDup, count } = message;
  Object.assign(copy, { snapshot, seqNum, timeUs, possDup, count });
  for (const name of ['symbolId', 'action', 'entryType', 'priceTicks', 'quantityLots', 'aggressor'] as const) {
    copy[name].set(message[name]);
  }
  return copy;
}

const is = (message: MarketData, i: number, type: number, action?: number) =>
  message.entryType[i] === type && (action === undefined || message.action[i] === action);

/** Changes the first entry that `wanted` accepts. */
function inEntry(wanted: (m: MarketData, i: number) => boolean, change: (m: MarketData, i: number) => void): Tamper {
  return (message) => {
    for (let i = 0; i < message.count; i++) {
      if (!wanted(message, i)) continue;
      change(message, i);
      return [message];
    }
    return undefined;
  };
}

const found = test.macro({
  exec(t, tamper: Tamper, what: RegExp) {
    const { planted, defect } = plant(tamper);
    t.is(defect?.symbol, 'SIM-M');
    t.regex(defect?.what ?? '', what);
    const after = (defect as BookDefect).message - planted;
    t.true(after >= 0 && after <= 100, `found ${after} messages after it was planted`);
  },
  title: (name) => `planted: ${name}`,
});
const differs = /^(bid|ask) \d+ is .*, the venue has /;

test(
  'a dropped update',
  found,
  (m: MarketData) => (is(m, 0, ENTRY.TRADE) ? undefined : []),
  /^(bid|ask) \d+ is |never reached it$|_OF_/,
);
test(
  'a swapped side',
  found,
  inEntry(
    (m, i) => is(m, i, ENTRY.BID, ACTION.NEW),
    (m, i) => {
      m.entryType[i] = ENTRY.OFFER;
    },
  ),
  /^(CROSSED at price |bid 1 is )/,
);
test(
  'a level one tick off',
  found,
  inEntry(
    (m, i) => is(m, i, ENTRY.BID, ACTION.NEW),
    (m, i) => {
      m.priceTicks[i]--;
    },
  ),
  /^(bid \d+ is .*, the venue has |ADD_OF_EXISTING at price )/,
);
test(
  'a quantity one lot off',
  found,
  inEntry(
    (m, i) => is(m, i, ENTRY.OFFER, ACTION.CHANGE),
    (m, i) => {
      m.quantityLots[i]++;
    },
  ),
  differs,
);
test(
  'an ignored delete',
  found,
  inEntry(
    (m, i) => is(m, i, ENTRY.OFFER, ACTION.DELETE),
    (m, i) => {
      m.entryType[i] = ENTRY.OTHER;
    },
  ),
  differs,
);
test(
  'a stale snapshot applied',
  found,
  (message: MarketData, first: MarketData) => {
    const stale = copyOf(first);
    Object.assign(stale, { timeUs: message.timeUs, seqNum: message.seqNum });
    return [message, stale];
  },
  differs,
);
test(
  'an update applied twice',
  found,
  (message: MarketData) => {
    for (let i = 0; i < message.count; i++) if (is(message, i, ENTRY.BID, ACTION.NEW)) return [message, message];
    return undefined;
  },
  /^(ADD_OF_EXISTING|DELETE_OF_UNKNOWN) at price \d+$/,
);

test('planted: one byte of the stream', (t) => {
  let bytes = 0;
  const { defect } = compareBooks(openSlice(slice), {
    ...contextOf(),
    policy: undefined,
    onStart: (runtime) => {
      const attach = runtime.attach.bind(runtime);
      runtime.attach = (transport) =>
        attach({
          send: (sent) => transport.send(sent),
          onClose: (listener) => transport.onClose(listener),
          close: () => transport.close(),
          onData: (listener) =>
            transport.onData((chunk) => {
              const before = bytes;
              bytes += chunk.length;
              listener(before < 100_000 && bytes >= 100_000 ? chunk.with(chunk.length >> 1, 0x58) : chunk);
            }),
        } satisfies Transport);
    },
  });
  t.is(defect?.kind, 'refusal');
  t.is(defect?.what, 'BAD_CHECKSUM');
});

/** A log of one symbol whose book is told by hand: `change` may spoil a message. */
function logWith(t: ExecutionContext, change: (message: MarketData, i: number) => void): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-log-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'log.zst');
  const writer = new LogWriter(file, { source: 'made by hand', instruments: config.instruments.slice(0, 1) });
  for (let i = 0; i < 8000; i++) {
    const message = new MarketData();
    message.snapshot = i === 0;
    message.timeUs = 1_700_000_000_000_000 + 250_000 * i;
    message.count = i === 0 ? 2 : 1;
    message.entryType.set([i % 2 === 0 ? ENTRY.BID : ENTRY.OFFER, ENTRY.OFFER]);
    message.action[0] = i === 0 ? ACTION.NEW : ACTION.CHANGE;
    message.priceTicks.set([i % 2 === 0 ? 100 : 102, 102]);
    message.quantityLots.set([5 + i, 7]);
    change(message, i);
    writer.write(message);
  }
  writer.finish();
  return file;
}
const oneSymbol = { ...config, instruments: config.instruments.slice(0, 1) };

test('passes a sound log', async (t) => {
  const market = { kind: 'log', path: logWith(t, () => {}) } as const;
  const verdict = await bookIntegrity.run(candidateWith(t), contextOf({ market, config: oneSymbol }));
  t.is(verdict.status, 'passed', verdict.because);
  t.is(verdict.measured['logMessages'], 8000);
});

test('planted: a log that deletes a level which is not there', async (t) => {
  const spoilt = logWith(t, (message, i) => {
    if (i !== 300) return;
    message.action[0] = ACTION.DELETE;
    message.priceTicks[0] = 99;
    message.quantityLots[0] = 0;
  });
  const market = { kind: 'log', path: spoilt } as const;
  const verdict = await bookIntegrity.run(candidateWith(t), contextOf({ market, config: oneSymbol }));
  t.is(verdict.status, 'failed');
  t.is(verdict.because, 'the runtime refused what a sound venue sent of SIM-S: DELETE_OF_UNKNOWN at price 99');
});

test('a market that is too quiet is not judged', async (t) => {
  const quiet = logWith(t, (message, i) => {
    message.timeUs += i < 7900 ? 0 : 7_000_000_000;
  });
  const market = { kind: 'log', path: quiet } as const;
  await t.throwsAsync(() => bookIntegrity.run(candidateWith(t), contextOf({ market, config: oneSymbol })), {
    message: /^book-integrity: SIM-S has too few messages \(\d+\), at least 200 are needed$/,
  });
});
