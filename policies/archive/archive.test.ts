import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { Archive } from './archive.ts';

test('a unit is worked once, and found again after the archive was closed', async (t) => {
  const directory = path.join(mkdtempSync(path.join(os.tmpdir(), 'emp-archive-')), 'archive');
  let worked = 0;
  const work = async () => ({ score: ++worked + 0.1 });
  const first = await Archive.open(directory);
  const [one, other] = await Promise.all([
    first.unit('sha256:a', 'evaluate', work),
    first.unit('sha256:a', 'evaluate', work),
  ]);
  t.deepEqual([one, other], [{ score: 1.1 }, { score: 1.1 }]);
  t.deepEqual(await first.unit('sha256:a', 'evaluate', work), { score: 1.1 });
  await first.close();
  const second = await Archive.open(directory);
  t.deepEqual(await second.unit('sha256:a', 'evaluate', work), { score: 1.1 });
  t.deepEqual(await second.unit('sha256:b', 'evaluate', work), { score: 2.1 });
  t.is(await second.unitCount(), 2);
  await second.close();
  rmSync(directory, { recursive: true });
});

test('a unit that failed is not remembered', async (t) => {
  const archive = await Archive.open();
  await t.throwsAsync(
    archive.unit('k', 'train', () => Promise.reject(new Error('killed'))),
    { message: 'killed' },
  );
  t.deepEqual(await archive.unit('k', 'train', async () => ({ loss: 1 })), { loss: 1 });
  await archive.close();
});

test('individuals come back by generation, best first', async (t) => {
  const archive = await Archive.open();
  await archive.beginRun({ id: 'r', seed: 7, settings: {} });
  const row = { runId: 'r', genome: { a: 1 }, parents: ['p'], mutation: 'seed', weights: null };
  await archive.saveIndividual({ ...row, id: 'x', generation: 0, score: null });
  await archive.saveIndividual({ ...row, id: 'y', generation: 0, score: 2 });
  await archive.saveIndividual({ ...row, id: 'z', generation: 1, score: 1 });
  await archive.saveIndividual({ ...row, id: 'x', generation: 0, score: 3 });
  const found = await archive.individuals('r');
  t.deepEqual(
    found.map(({ id, score }) => [id, score]),
    [
      ['x', 3],
      ['y', 2],
      ['z', 1],
    ],
  );
  t.deepEqual(found[0]?.parents, ['p']);
  await archive.close();
});
