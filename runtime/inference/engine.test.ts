import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { InferenceSession } from 'onnxruntime-node';
import { Random } from '../random.ts';
import { Engine, tensor } from './engine.ts';

/** x (N, 3) → y = softplus(tanh(x)·W) (N, 2), as an ONNX file. */
const MODEL = Buffer.from(
  'CAoSA2VtcDqjAQoNCgF4EgJ2MCIEVGFuaAoUCgJ2MAoCYzESAnYyIgZNYXRNdWwKEgoCdjISAnYzIghTb2Z0cGx1cwoRCgJ2MxIBeSIISWRlbnRpdHkSA2Vt' +
    'cCokCgIDAhABQgJjMUoYzczMPc3MTL6amZk+MzMzPwAAAL/NzIw/WhQKAXgSDwoNCAESCQoDEgFOCgIIA2IUCgF5Eg8KDQgBEgkKAxIBTgoCCAJCAhAU',
  'base64',
);
const ROWS = 50;
const random = Random.of(1);
const input = Float32Array.from({ length: 3 * ROWS }, () => 3 * random.gaussian());

test('it computes what the public API computes, bit for bit', async (t) => {
  const session = await InferenceSession.create(MODEL, { intraOpNumThreads: 1 });
  const expected = await session.run({ x: tensor(input, [ROWS, 3]) });
  const actual = new Engine(MODEL).run({ x: tensor(input, [ROWS, 3]) }, { y: null });
  t.deepEqual(actual['y']?.data, expected['y']?.data);
  t.deepEqual([...(actual['y']?.dims ?? [])], [ROWS, 2]);
});

test('a tensor to fetch into is filled in place, before the call returns', (t) => {
  const engine = new Engine(MODEL);
  const y = new Float32Array(2 * ROWS);
  engine.run({ x: tensor(input, [ROWS, 3]) }, { y: tensor(y, [ROWS, 2]) });
  t.deepEqual(y, engine.run({ x: tensor(input, [ROWS, 3]) }, { y: null })['y']?.data as Float32Array);
});

test('a model comes from a file or from bytes, and says what it takes and gives', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-engine-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'model.onnx');
  writeFileSync(file, MODEL);
  for (const engine of [new Engine(file), new Engine(MODEL)]) {
    t.deepEqual(
      [...engine.inputs, ...engine.outputs].map(({ name, shape }) => [name, shape]),
      [
        ['x', [-1, 3]],
        ['y', [-1, 2]],
      ],
    );
  }
});

test('what is no model is refused, naming the file', (t) => {
  t.throws(() => new Engine('/nowhere/model.onnx'), {
    message: /^\/nowhere\/model\.onnx: the inference engine cannot load it \(/,
  });
  t.throws(() => new Engine(MODEL.subarray(0, 100)), {
    message: /^a model of 100 bytes: the inference engine cannot load it/,
  });
});

test('a tensor of another shape is refused', (t) => {
  t.throws(() => new Engine(MODEL).run({ x: tensor(new Float32Array(4), [1, 4]) }, { y: null }), { message: /x/ });
});

test('where a provider is not to be had, the CPU computes the same bits, and the reason is told', (t) => {
  const reasons: string[] = [];
  const engine = new Engine(MODEL, { provider: 'cuda', onFallback: (reason) => reasons.push(reason) });
  if (engine.provider === 'cuda') {
    t.deepEqual(reasons, []);
    return;
  }
  t.is(engine.provider, 'cpu');
  t.regex(reasons.join(), /^cuda cannot be used, the CPU computes instead: a model of \d+ bytes: .+/s);
  const feeds = { x: tensor(input, [ROWS, 3]) };
  t.deepEqual(engine.run(feeds, { y: null })['y']?.data, new Engine(MODEL).run(feeds, { y: null })['y']?.data);
});

test('the engine keeps no identifier and queues no report: it tells nobody', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-engine-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const engine = JSON.stringify(path.join(import.meta.dirname, 'engine.ts'));
  const load = `new (await import(${engine})).Engine(Buffer.from('${MODEL.toString('base64')}', 'base64'));`;
  const { ORT_DISABLE_TELEMETRY: _, ...others } = process.env;
  execFileSync(process.execPath, ['--input-type=module', '--eval', load], {
    env: { ...others, HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: folder },
  });
  t.deepEqual(readdirSync(folder), []);
});
