/** The environments declare what the simulated market trades; neither may import the other, so a test holds them equal. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { readDocument } from '../runtime/boot/documents.ts';
import { runtimeConfig } from '../runtime/contract.ts';
import { configPath } from '../runtime/evidence/layout.ts';
import type { Instrument } from '../runtime/instrument.ts';
import { profiles } from '../runtime/sim/profiles.ts';

const root = path.resolve(import.meta.dirname, '..');
const bySymbol = (a: Instrument, b: Instrument) => (a.symbol < b.symbol ? -1 : 1);

for (const name of readdirSync(path.join(root, 'environments'))) {
  if (!['local', 'paper', 'live'].includes(name)) continue;
  test(`${name} trades the simulated market's instruments, tick, lot, value and fees alike`, (t) => {
    const { value } = readDocument(path.join(root, configPath(name)), runtimeConfig);
    const simulated = profiles.map(({ instrument }) => instrument).sort(bySymbol);
    t.deepEqual([...value.instruments].sort(bySymbol), simulated);
  });
}
