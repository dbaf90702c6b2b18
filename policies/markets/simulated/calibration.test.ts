import { readFileSync } from 'node:fs';
import test from 'ava';
import { z } from 'zod';
import { small } from '../../../runtime/sim/profiles.ts';
import { heldFigures, medianFigures } from './calibration.ts';
import { figuresOf } from './observe.ts';

const reference = z
  .object({ figures: z.record(z.string(), z.number()) })
  .parse(
    JSON.parse(readFileSync(new URL('../../../runtime/sim/calibration/amzn-2012-06-21.json', import.meta.url), 'utf8')),
  );

test('each figure of the small-tick symbol is within 0.5 to 2 times the real day’s', (t) => {
  const runs = Array.from({ length: 15 }, (_, seed) =>
    heldFigures(figuresOf(small, { seed: seed + 1, informed: true, minutes: 180 })),
  );
  const simulated = medianFigures(runs);
  t.deepEqual(Object.keys(simulated).sort(), Object.keys(reference.figures).sort());
  for (const [name, real] of Object.entries(reference.figures)) {
    const ratio = (simulated[name] as number) / real;
    t.log(`${name}: ${(simulated[name] as number).toPrecision(4)} / ${real.toPrecision(4)} = ${ratio.toFixed(2)}`);
    t.true(ratio >= 0.5 && ratio <= 2, `${name} is ${ratio.toFixed(3)} times the real day’s, 0.5 to 2 is allowed`);
  }
});
