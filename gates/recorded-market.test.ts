/** The gates that read a market, on a real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { importLobster } from '../policies/markets/lobster.ts';
import { fixture } from '../runtime/fixtures.ts';
import { bookIntegrity } from './book-integrity.ts';
import { causality } from './causality.ts';
import type { GateContext } from './gate.ts';
import { candidateWith } from './planted-policy.ts';
import { replaySmoke } from './replay-smoke.ts';
import { contextOf } from './testing.ts';

const day = (kind: string) => fixture(`data/lob/lobster/AMZN_2012-06-21_34200000_57600000_${kind}_5.csv.gz`);
const HALF_PAST_NINE = 34_200;

test('half an hour of AMZN passes causality, book-integrity and replay-smoke', async (t) => {
  t.timeout(60_000);
  const [messages, orderBook] = [day('message'), day('orderbook')];
  if (messages === undefined || orderBook === undefined) {
    t.log('SKIP: the LOBSTER files of AMZN are not on this machine (EMP_FIXTURES)');
    t.pass();
    return;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-amzn-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { config } = contextOf();
  const instrument = { ...(config.instruments[0] as GateContext['config']['instruments'][number]), symbol: 'AMZN' };
  const log = path.join(folder, 'log.zst');
  const opening = { fromSeconds: HALF_PAST_NINE, toSeconds: HALF_PAST_NINE + 1800 };
  await importLobster({ messages, orderBook, output: log, instrument, date: '2012-06-21', ...opening });
  const context = contextOf({ config: { ...config, instruments: [instrument] }, market: { kind: 'log', path: log } });
  for (const gate of [causality, bookIntegrity, replaySmoke]) {
    const { status, because } = await gate.run(candidateWith(t), context);
    t.is(status, 'passed', because);
  }
});
