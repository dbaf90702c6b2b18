/** The blocks against reference vectors, where those are at hand; `scripts/suites/vectors.ts` holds all of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { fixture } from '../../../runtime/fixtures.ts';
import { checkVectors } from './check-vectors.ts';

for (const name of ['adamw', 'lstm_s0', 'mamba2_s0_T16', 'mamba3_core_s0_T16', 'mamba3_mimo_s0_R2_T16']) {
  test(`${name} holds`, (t) => {
    const file = fixture(`vectors/${name}.json`);
    if (file === undefined) {
      t.log(`SKIP: vectors/${name}.json is not here`);
      t.pass();
      return;
    }
    const { ok, ...errors } = checkVectors(file);
    t.true(ok, JSON.stringify(errors));
  });
}

test('a file that holds no vectors is refused by what is wrong with it', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-vectors-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'bad.json');
  t.throws(() => checkVectors(path.join(folder, 'none.json')), { message: /none\.json: cannot be read \(ENOENT\)$/ });
  writeFileSync(file, JSON.stringify({ kind: 'gru', config: {}, inputs: {}, outputs: {} }));
  t.throws(() => checkVectors(file), { message: /bad\.json: kind: Invalid option/ });
  writeFileSync(
    file,
    JSON.stringify({ kind: 'adam', config: {}, inputs: { theta0: { shape: [2], data: [1] } }, outputs: {} }),
  );
  t.throws(() => checkVectors(file), { message: /bad\.json: inputs\.theta0: holds another number of values/ });
});
