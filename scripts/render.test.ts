import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { differences, renderUnder, write } from './render.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const checkout = path.resolve(import.meta.dirname, '..');
const rendered = renderUnder(checkout);
const overlay = 'environments/paper/kustomization.yaml';

function written(t: ExecutionContext): string {
  const root = temporaryFolder(t);
  write(root, rendered);
  return root;
}

test('what is committed is what is rendered', (t) => {
  t.deepEqual(differences(checkout, rendered), []);
});

test('writing twice changes nothing the second time', (t) => {
  t.deepEqual(write(written(t), rendered), []);
});

test('an empty folder gets everything', (t) => {
  const root = temporaryFolder(t);
  const paths = differences(root, rendered).map(({ path: file }) => file);
  t.deepEqual(paths, [...rendered.files.keys()].sort());
});

test('a line changed by hand is found and written back', (t) => {
  const root = written(t);
  const at = path.join(root, overlay);
  writeFileSync(at, readFileSync(at, 'utf8').replace('--paper-mode', '--live-mode').concat('\n'));
  t.deepEqual(differences(root, rendered), [{ path: overlay, is: 'different' }]);
  write(root, rendered);
  t.deepEqual(differences(root, rendered), []);
});

test('a missing file is found', (t) => {
  const root = written(t);
  rmSync(path.join(root, overlay));
  t.deepEqual(differences(root, rendered), [{ path: overlay, is: 'missing' }]);
});

test('a leftover in a rendered folder is found and removed', (t) => {
  const root = written(t);
  const leftover = 'environments/base/old/job.yaml';
  mkdirSync(path.join(root, path.dirname(leftover)), { recursive: true });
  writeFileSync(path.join(root, leftover), 'kind: Job\n');
  t.deepEqual(write(root, rendered), [{ path: leftover, is: 'leftover' }]);
  t.deepEqual(differences(root, rendered), []);
});
