import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { isShipped, packageFolders } from './packages.ts';
import { commands, sourcesOf } from './sources.ts';

const root = path.resolve(import.meta.dirname, '../..');

test('what the commands import is shipped, and nothing that only a checkout needs', (t) => {
  const { files, packages } = sourcesOf(root, commands);
  for (const needed of ['runtime/pipeline.ts', 'policies/evaluation/worker.ts', 'gates/decision-load.ts']) {
    t.true(files.includes(needed), needed);
  }
  t.deepEqual(
    files.filter((file) => file.includes('.test.') || file.startsWith('scripts/up')),
    [],
  );
  t.true(packages.includes('onnxruntime-node'));
  for (const absent of ['vite', 'zx', 'ava', 'typescript', '@electric-sql/pglite']) t.false(packages.includes(absent));
});

test('an import that leads nowhere is named with the file that wants it', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, 'a.ts'), "import './b.ts';\n");
  t.throws(() => sourcesOf(folder, ['a.ts']), { message: 'b.ts: is imported by a.ts and is not there' });
});

test('a package is found in the folder that Node would take it from, with what it depends on', (t) => {
  const packages = {
    'node_modules/a': { dependencies: { b: '1', c: '1' } },
    'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
    'node_modules/b': {},
    'node_modules/c': {},
  };
  t.deepEqual(packageFolders({ packages }, ['a']), [
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/c',
  ]);
  t.throws(() => packageFolders({ packages }, ['d']), { message: 'package-lock.json: has no d; run npm ci' });
});

test('types, maps and binaries of other machines stay out', (t) => {
  const native = (platform: string) => `bin/napi-v6/${platform}/${process.arch}/binding.node`;
  t.deepEqual(
    ['index.js', 'index.d.ts', 'index.js.map', 'README.md', 'LICENSE', native(process.platform), native('plan9')].map(
      isShipped,
    ),
    [true, false, false, false, true, true, false],
  );
});
