import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { render } from '../platform/render.ts';
import { differences, renderInto, write } from './render.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const rendered = render();
const pointer = 'environments/paper/policy.yaml';
const limits = 'environments/paper/limits.yaml';

function written(t: ExecutionContext): string {
  const root = temporaryFolder(t);
  write(root, rendered);
  return root;
}

test('what is committed is what is rendered', (t) => {
  const root = path.resolve(import.meta.dirname, '..');
  t.deepEqual(differences(root, renderInto(root)), []);
});

test('writing twice changes nothing the second time', (t) => {
  t.deepEqual(write(written(t), rendered), []);
});

test('an empty folder gets everything', (t) => {
  const root = temporaryFolder(t);
  const paths = differences(root, rendered).map(({ path: file }) => file);
  t.deepEqual(paths, [...rendered.files.keys(), ...rendered.beginnings.keys()].sort());
});

test('a number changed by hand is found and written back', (t) => {
  const root = written(t);
  const at = path.join(root, limits);
  writeFileSync(at, readFileSync(at, 'utf8').replace('maxOpenOrders: 20', 'maxOpenOrders: 2000'));
  t.deepEqual(differences(root, rendered), [{ path: limits, is: 'different' }]);
  write(root, rendered);
  t.deepEqual(differences(root, rendered), []);
});

test('a missing file is found', (t) => {
  const root = written(t);
  rmSync(path.join(root, limits));
  t.deepEqual(differences(root, rendered), [{ path: limits, is: 'missing' }]);
});

test('a leftover in a rendered folder is found and removed', (t) => {
  const root = written(t);
  const leftover = 'environments/base/old/job.yaml';
  mkdirSync(path.join(root, path.dirname(leftover)), { recursive: true });
  writeFileSync(path.join(root, leftover), 'kind: Job\n');
  t.deepEqual(write(root, rendered), [{ path: leftover, is: 'leftover' }]);
  t.deepEqual(differences(root, rendered), []);
});

test('a promoted pointer is never touched', (t) => {
  const root = written(t);
  const promoted = 'policy: sha256:1\npath: policies/approved/1\nevidence: policies/evidence/1\n';
  writeFileSync(path.join(root, pointer), promoted);
  t.deepEqual(write(root, rendered), []);
  t.is(readFileSync(path.join(root, pointer), 'utf8'), promoted);
});

test('a pointer that was lost is begun again', (t) => {
  const root = written(t);
  rmSync(path.join(root, pointer));
  t.deepEqual(write(root, rendered), [{ path: pointer, is: 'missing' }]);
  t.regex(readFileSync(path.join(root, pointer), 'utf8'), /^policy: null$/m);
});
