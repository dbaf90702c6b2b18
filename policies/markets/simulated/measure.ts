/**
 * `node policies/markets/simulated/measure.ts OUT.json`: the simulated symbols' figures beside the real day's, and what
 * each of them pays for. Takes a minute.
 */
import { writeFileSync } from 'node:fs';
import { stopwatchNs } from '../../../runtime/clock.ts';
import { Exchange } from '../../../runtime/sim/exchange.ts';
import { profiles, small } from '../../../runtime/sim/profiles.ts';
import { heldFigures, medianFigures } from './calibration.ts';
import { economicsOf } from './economics.ts';
import { figuresOf, OPEN_US } from './observe.ts';

const SEEDS = 15;
const MINUTES = 180;

/** Exchange events per second of wall time, all symbols, nobody listening but a counter. */
function speed(): number {
  const exchange = new Exchange({ seed: 1, startUs: OPEN_US });
  let events = 0;
  exchange.listen({
    onEvent() {
      events++;
    },
  });
  const start = stopwatchNs();
  exchange.advanceTo(OPEN_US + 4 * 3_600_000_000);
  return Math.round(events / ((stopwatchNs() - start) / 1e9));
}

function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'number' ? Number(v.toPrecision(4)) : v)));
}

const [out] = process.argv.slice(2);
if (out === undefined) {
  process.stderr.write('usage: node policies/markets/simulated/measure.ts OUT.json\n');
  process.exitCode = 2;
} else {
  const seeds = Array.from({ length: 40 }, (_, i) => 1000 + i);
  const economics = profiles.map((profile) => ({
    symbol: profile.instrument.symbol,
    runs: [true, false].map((informed) =>
      economicsOf(profile, {
        informed,
        seeds,
        probeSeeds: seeds.slice(0, 10),
        minutes: 20,
        horizonsSeconds: [10, 20, 30],
      }),
    ),
  }));
  const runs = Array.from({ length: SEEDS }, (_, i) =>
    heldFigures(figuresOf(small, { seed: i + 1, informed: true, minutes: MINUTES })),
  );
  const report = {
    calibration: { symbol: small.instrument.symbol, seeds: SEEDS, minutes: MINUTES, median: medianFigures(runs) },
    economics,
    eventsPerSecondOfWallTime: speed(),
  };
  writeFileSync(out, `${JSON.stringify(rounded(report), null, 2)}\n`);
}
