import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { limits } from '../contract.ts';
import { sampleLimits as sound } from '../risk/sample-limits.ts';
import { readDocument } from './documents.ts';

const file = (text: string) => {
  const target = path.join(mkdtempSync(path.join(os.tmpdir(), 'emp-doc-')), 'limits.yaml');
  writeFileSync(target, text);
  return target;
};

const refuses = test.macro({
  exec(t, text: string, message: string) {
    const target = file(text);
    t.throws(() => readDocument(target, limits), { message: `${target}: ${message}` });
  },
  title: (name) => `refuses ${name}`,
});

test('reads a sound document with the digest of its bytes', (t) => {
  const document = readDocument(file(`# limits\n${JSON.stringify(sound)}`), limits);
  t.deepEqual(document.value, sound);
  t.regex(document.digest, /^sha256:[0-9a-f]{64}$/);
});
test(
  'a negative limit',
  refuses,
  JSON.stringify({ ...sound, maxOpenOrders: -1 }),
  'maxOpenOrders is too small (-1), more than 0 is allowed',
);
test(
  'a missing limit',
  refuses,
  JSON.stringify({ ...sound, maxOpenOrders: undefined }),
  'maxOpenOrders is absent, number is required',
);
test(
  'a misspelt limit',
  refuses,
  JSON.stringify({ ...sound, maxOpenOrder: 3 }),
  'maxOpenOrder is not a known field of the document',
);
test(
  'a text for a number',
  refuses,
  JSON.stringify({ ...sound, maxOpenOrders: 'ten' }),
  'maxOpenOrders is "ten", number is required',
);
test(
  'half an order',
  refuses,
  JSON.stringify({ ...sound, maxOpenOrders: 1.5 }),
  'maxOpenOrders is 1.5, int is required',
);
test(
  'what is not YAML',
  refuses,
  'a: [',
  'is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5:',
);

test('names a file that is not there', (t) => {
  t.throws(() => readDocument('/nowhere/limits.yaml', limits), {
    message: '/nowhere/limits.yaml: cannot be read (ENOENT)',
  });
});
