import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { importsOf } from './imports.ts';
import { violations } from './rooms.ts';

const root = path.resolve(import.meta.dirname, '../..');

function sources(): string[] {
  return ['runtime', 'policies', 'gates', 'platform', 'scripts'].flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
      .filter(
        (file) => /\.(ts|tsx|mjs)$/.test(file) && !file.includes('node_modules') && !/(^|[\\/])dist[\\/]/.test(file),
      )
      .map((file) => path.join(room, file).split(path.sep).join('/')),
  );
}

test('the repository keeps its rooms apart, its tick one-way, and has no cycle', (t) => {
  const files = sources();
  const imports = files.flatMap((file) => importsOf(file, readFileSync(path.join(root, file), 'utf8')));
  t.true(files.length > 20 && imports.length > files.length / 2, 'the scan found nothing to hold');
  t.deepEqual(violations(imports), []);
});

/** Every form in which one module can name another. */
const forms: readonly [name: string, source: string][] = [
  ['static', "import { a } from '../x/b.ts';"],
  ['over several lines', "import {\n  a, // 'not this'\n  type B,\n} from '../x/b.ts';"],
  ['default and namespace', "import a, * as b from '../x/b.ts';"],
  ['for its effect', "import '../x/b.ts';"],
  ['re-export', "export { a } from '../x/b.ts';"],
  ['re-export of all', "export * from '../x/b.ts';"],
  ['dynamic', "const b = await import('../x/b.ts');"],
  ['inside a template', `const text = \`a \${(await import('../x/b.ts')).a} b\`;`],
  ['of a worker', "new Worker(new URL('../x/b.ts', import.meta.url));"],
  ['after a division', "const half = a / 2; import { c } from '../x/b.ts';"],
  ['after a regular expression', "const quote = /['\"`]/; export { c } from '../x/b.ts';"],
  ['type in an import type', "type A = import('../x/b.ts').A;"],
];

for (const [name, source] of forms) {
  test(`seen: ${name}`, (t) => {
    t.deepEqual(
      importsOf('runtime/a/c.ts', source).map(({ to, typeOnly }) => ({ to, typeOnly })),
      [{ to: 'runtime/x/b.ts', typeOnly: false }],
    );
  });
}

test('a type import is told from a value import', (t) => {
  const source =
    "import type { A } from './a.ts';\nexport type { B } from './b.ts';\nimport { type C, c } from './c.ts';";
  t.deepEqual(
    importsOf('runtime/z.ts', source).map(({ to, typeOnly, line }) => [to, typeOnly, line]),
    [
      ['runtime/a.ts', true, 1],
      ['runtime/b.ts', true, 2],
      ['runtime/c.ts', false, 3],
    ],
  );
});

const silent: readonly [name: string, source: string][] = [
  ['a comment', "// import { a } from './b.ts';\n/* import './c.ts' */"],
  ['a template', "const text = `import { a } from './b.ts';`;"],
  ['a string in a string', 'const text = "import { a } from \'./b.ts\'";'],
  ['a package', "import test from 'ava';\nimport path from 'node:path';"],
];

for (const [name, source] of silent) {
  test(`not an import of ours: ${name}`, (t) => {
    t.deepEqual(importsOf('runtime/a.ts', source), []);
  });
}

const planted: readonly [file: string, source: string, because: RegExp | undefined][] = [
  ['runtime/pipeline.ts', `import { a } from '../policies/a.ts';`, /runtime\/ may import only runtime\//],
  ['runtime/pipeline.ts', `import type { A } from '../gates/gate.ts';`, /runtime\/ may import only runtime\//],
  ['policies/training/a.ts', `import { a } from '../../gates/gate.ts';`, /policies\/ may import only/],
  ['gates/edge.ts', `import { a } from '../platform/render.ts';`, /gates\/ may import only/],
  ['gates/edge.ts', `import { a } from '../scripts/up.ts';`, /gates\/ may import only/],
  ['platform/render.ts', `import { a } from '../runtime/clock.ts';`, /platform\/ may import only platform\//],
  ['platform/render.ts', `import { a } from '../gates/gate.ts';`, /runtime\/contract\.ts, gates\/catalog\.ts/],
  ['charts/a.ts', `import { a } from './b.ts';`, /charts\/ is no room that holds code/],
  ['runtime/book/book.ts', `import { a } from '../planner/planner.ts';`, /never back/],
  ['runtime/features/a.ts', `import { type A, b } from '../execution/order.ts';`, /never back/],
  ['runtime/planner/a.ts', `const b = await import('../risk/limits.ts');`, /never back/],
  ['runtime/risk/a.ts', `import { a } from '../sim/exchange.ts';`, /never knows the simulation/],
  ['runtime/risk/a.ts', `import { a } from '../planner/intent.ts';`, undefined],
  ['runtime/fix/a.ts', `import type { NewOrder } from '../execution/venue.ts';`, undefined],
  ['runtime/venue/a.ts', `import { a } from '../sim/exchange.ts';`, undefined],
  ['platform/a.ts', `import { a } from '../runtime/contract.ts';\nimport { b } from '../gates/catalog.ts';`, undefined],
  ['scripts/a.ts', `import { a } from '../platform/render.ts';\nimport { b } from '../gates/gate.ts';`, undefined],
];

for (const [file, source, because] of planted) {
  test(`${because === undefined ? 'allowed' : 'refused'}: ${file} with ${source}`, (t) => {
    const found = violations(importsOf(file, source));
    if (because === undefined) t.deepEqual(found, []);
    else t.true(found.length === 1 && because.test(found[0] as string), found.join('\n'));
  });
}

test('a cycle is named once, with the way round', (t) => {
  const imports = [
    ...importsOf('runtime/a.ts', `import { b } from './b.ts';`),
    ...importsOf('runtime/b.ts', `import { c } from './c.ts';`),
    ...importsOf('runtime/c.ts', `export * from './a.ts';`),
  ];
  t.deepEqual(violations(imports), ['cycle: runtime/a.ts → runtime/b.ts → runtime/c.ts → runtime/a.ts']);
});

test('a type that points back closes no cycle', (t) => {
  const imports = [
    ...importsOf('runtime/a.ts', `import { b } from './b.ts';`),
    ...importsOf('runtime/b.ts', `import type { A } from './a.ts';`),
  ];
  t.deepEqual(violations(imports), []);
});
