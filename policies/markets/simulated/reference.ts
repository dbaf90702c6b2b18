/**
 * `node policies/markets/simulated/reference.ts LOG.zst SYMBOL SOURCE OUT.json`: the figures of a recorded market that a
 * simulated symbol is calibrated to. Figures only: none of the data.
 */
import { writeFileSync } from 'node:fs';
import { describeLog } from '../describe.ts';
import { heldFigures } from './calibration.ts';

const [log, symbol, source, out] = process.argv.slice(2);
if (log === undefined || symbol === undefined || source === undefined || out === undefined) {
  process.stderr.write('usage: node policies/markets/simulated/reference.ts LOG.zst SYMBOL SOURCE OUT.json\n');
  process.exitCode = 2;
} else {
  const figures = describeLog(log)[symbol];
  if (figures === undefined) throw new Error(`${log}: ${symbol} is not in it`);
  const rounded = Object.entries(heldFigures(figures)).map(([name, value]) => [name, Number(value.toPrecision(6))]);
  writeFileSync(out, `${JSON.stringify({ symbol, source, figures: Object.fromEntries(rounded) }, null, 2)}\n`);
}
