/** Every file of reference vectors at hand: blocks, gradients, forms, training and optimiser, in both precisions. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { checkVectors } from '../../policies/model/vectors/check-vectors.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { hold, Suite } from './suite.ts';

const folder = fixture('vectors');
const suite = new Suite(process.argv[2]);
if (folder === undefined) suite.skip('vectors', 'no reference vectors are here (EMP_FIXTURES names their folder)');
else {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    await suite.check(name, () => {
      const { file: _, ...report } = checkVectors(path.join(folder, name));
      hold(report.ok, JSON.stringify(report));
    });
  }
}
process.exitCode = suite.end();
