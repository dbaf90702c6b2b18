import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { readDocument } from '../../runtime/boot/documents.ts';
import { runtimeConfig } from '../../runtime/contract.ts';
import { configPath } from '../../runtime/evidence/layout.ts';
import { ACTION, ENTRY, MarketData } from '../../runtime/fix/market-data.ts';
import { LogWriter } from '../markets/log-writer.ts';
import { slicesOf, unjudgedSlice } from './slices.ts';

const { instruments } = readDocument(
  path.resolve(import.meta.dirname, '../..', configPath('local')),
  runtimeConfig,
).value;

test('what is trained on of a log ends before what policies are judged on begins', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-slices-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'log.zst');
  const writer = new LogWriter(file, { source: 'made by hand', instruments: instruments.slice(0, 1) });
  const began = 1_700_000_000_000_000;
  for (let i = 0; i <= 3600; i++) {
    const message = new MarketData();
    message.snapshot = i === 0;
    message.timeUs = began + 1e6 * i;
    message.count = i === 0 ? 2 : 1;
    message.entryType.set([ENTRY.BID, ENTRY.OFFER]);
    message.action[0] = i === 0 ? ACTION.NEW : ACTION.CHANGE;
    message.priceTicks.set([100, 102]);
    message.quantityLots.set([5 + i, 7]);
    writer.write(message);
  }
  writer.finish();
  const market = { kind: 'log', path: file } as const;
  const known = unjudgedSlice(file);
  const judged = slicesOf(market, 'held-out', 1, 4, 60);
  t.true(known.kind === 'log' && known.fromUs === began && known.toUs === began + 0.7 * 3600e6);
  t.true(
    judged.length === 4 &&
      judged.every((slice) => slice.kind === 'log' && known.kind === 'log' && slice.fromUs >= known.toUs + 120e6),
  );
});
