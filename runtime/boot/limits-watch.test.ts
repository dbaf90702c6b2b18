import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SimulatedClock } from '../clock.ts';
import { limits as limitsSchema } from '../contract.ts';
import { sampleLimits as sound } from '../risk/sample-limits.ts';
import { InputError, readDocument } from './documents.ts';
import { LimitsWatch } from './limits-watch.ts';

/** A watch on a file of its own; `told` is what it said, in order. */
function watched(t: ExecutionContext, approved: () => void = () => {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'emp-limits-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'limits.yaml');
  const put = (value: object | string) =>
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  put(sound);
  const told: unknown[] = [];
  const watch = new LimitsWatch({
    file,
    inForce: readDocument(file, limitsSchema),
    clock: new SimulatedClock(),
    approved,
    onChange: (_document, changed) => told.push(changed),
    onRefused: (problem) => told.push(problem.replace(folder, '')),
  });
  return { file, put, told, watch };
}

const notApproved = () => {
  throw new InputError('limits differs from the one promoted');
};

test('the same bytes are no change', async (t) => {
  const { watch, told, put } = watched(t);
  await watch.look();
  put(sound);
  await watch.look();
  t.deepEqual(told, []);
});

test('a lower limit is taken at once, without an approval, and told once', async (t) => {
  const { watch, told, put } = watched(t, notApproved);
  put({ ...sound, maxOpenOrders: 2 });
  await watch.look();
  await watch.look();
  t.deepEqual(told, [{ maxOpenOrders: [4, 2] }]);
  t.is(watch.inForce.value.maxOpenOrders, 2);
});

test('a higher limit is taken under an approval', async (t) => {
  const { watch, told, put } = watched(t);
  put({ ...sound, maxPositionLots: 301, maxOpenOrders: 2 });
  await watch.look();
  t.deepEqual(told, [{ maxPositionLots: [300, 301], maxOpenOrders: [4, 2] }]);
});

test('a higher limit without an approval is refused once, and taken when the approval arrives after it', async (t) => {
  let approved = false;
  const { watch, told, put } = watched(t, () => {
    if (!approved) notApproved();
  });
  put({ ...sound, maxPositionLots: 301 });
  await watch.look();
  await watch.look();
  t.deepEqual(told, [
    '/limits.yaml: maxPositionLots is raised (300 to 301), only an approved slot may raise a limit: ' +
      'limits differs from the one promoted; the limits in force stay',
  ]);
  t.is(watch.inForce.value.maxPositionLots, 300);
  approved = true;
  await watch.look();
  t.deepEqual(told[1], { maxPositionLots: [300, 301] });
});

const refuses = test.macro({
  async exec(t, document: object | string, problem: string) {
    const { watch, told, put } = watched(t);
    put(document);
    await watch.look();
    t.deepEqual(told, [`/limits.yaml: ${problem}; the limits in force stay`]);
    t.deepEqual(watch.inForce.value, sound);
    put({ ...sound, maxOpenOrders: 3 });
    await watch.look();
    t.is(watch.inForce.value.maxOpenOrders, 3, 'a sound document after it is taken');
  },
  title: (name) => `refuses ${name} and keeps what is in force`,
});

test(
  'a negative limit',
  refuses,
  { ...sound, maxOpenOrders: -1 },
  'maxOpenOrders is too small (-1), more than 0 is allowed',
);
test('a truncated file', refuses, '', 'the document is null, object is required');
test('a missing limit', refuses, { ...sound, maxOpenOrders: undefined }, 'maxOpenOrders is absent, number is required');

test('a file that is gone is said once, and its return is seen', async (t) => {
  const { watch, told, put, file } = watched(t);
  rmSync(file);
  await watch.look();
  await watch.look();
  t.deepEqual(told, ['/limits.yaml: cannot be read (ENOENT); the limits in force stay']);
  put({ ...sound, maxOpenOrders: 3 });
  await watch.look();
  t.deepEqual(told[1], { maxOpenOrders: [4, 3] });
});

test('every limit bounds from above, so that a larger number is always the looser one', (t) => {
  for (const name of Object.keys(limitsSchema.shape)) t.regex(name, /^max|^priceCollarTicks$/);
});
