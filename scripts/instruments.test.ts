/** The environments declare what the simulated market trades; neither may import the other, so a test holds them equal. */
import test from 'ava';
import { environments } from '../platform/environments.ts';
import type { Instrument } from '../runtime/instrument.ts';
import { profiles } from '../runtime/sim/profiles.ts';

const bySymbol = (a: Instrument, b: Instrument) => (a.symbol < b.symbol ? -1 : 1);

for (const { name, config } of environments) {
  test(`${name} trades the simulated market's instruments, tick, lot, value and fees alike`, (t) => {
    const simulated = profiles.map(({ instrument }) => instrument).sort(bySymbol);
    t.deepEqual([...config.instruments].sort(bySymbol), simulated);
  });
}
