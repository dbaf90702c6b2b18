import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';

const root = path.resolve(import.meta.dirname, '../..');

const planted: readonly [name: string, source: string, because: RegExp][] = [
  ['Date.now', 'export const a = Date.now();', /Reads the wall clock/],
  ['Date.now behind globalThis', 'export const a = globalThis.Date.now();', /Reads the wall clock/],
  ['Date.now, not called', 'export const a = [1].map(Date.now);', /Reads the wall clock/],
  ['Date["now"]', 'export const a = Date["now"]();', /Reads the wall clock/],
  ['Date.now, taken apart', 'export const { now } = Date;', /Reads the wall clock/],
  ['Date under another name', 'const D = Date;\nexport const a = new D();', /Reads the wall clock/],
  ['new Date()', 'export const a = new Date();', /Reads the wall clock/],
  ['new Date', 'export const a = new Date;', /Reads the wall clock/],
  ['Date()', 'export const a = Date();', /Reads the wall clock/],
  ['performance.now', 'export const a = performance.now();', /variable performance/],
  ['performance behind globalThis', 'export const a = globalThis.performance.now();', /Reads a machine's timer/],
  ['process.hrtime', 'export const a = process.hrtime.bigint();', /Reads a machine's timer/],
  ['node:perf_hooks', "import { performance as p } from 'node:perf_hooks';\nexport const a = p;", /machine's timer/],
  ['setTimeout', 'setTimeout(() => {}, 1);', /variable setTimeout/],
  ['setTimeout behind globalThis', 'globalThis.setTimeout(() => {}, 1);', /Waits on wall time/],
  ['setInterval', 'setInterval(() => {}, 1);', /variable setInterval/],
  ['setImmediate', 'setImmediate(() => {});', /variable setImmediate/],
  ['node:timers', "import { setTimeout as s } from 'node:timers';\nexport const a = s;", /Waits on wall time/],
  ['timers/promises', "import { setTimeout as s } from 'timers/promises';\nexport const a = s;", /Waits on wall time/],
  ['Math.random', 'export const a = Math.random();', /Random without a seed/],
  ['Math.random, not called', 'export const a = Math.random;', /Random without a seed/],
  ['Math.random, taken apart', 'export const { random } = Math;', /Random without a seed/],
  [
    'randomBytes',
    "import { randomBytes } from 'node:crypto';\nexport const a = randomBytes(4);",
    /Random without a seed/,
  ],
  [
    'randomUUID of a namespace',
    "import * as c from 'node:crypto';\nexport const a = c.randomUUID();",
    /Random without/,
  ],
  ['getRandomValues', 'export const a = crypto.getRandomValues(new Uint8Array(1));', /Random without a seed/],
  ['the global crypto', 'export const a = crypto.subtle;', /variable crypto/],
  [
    'a floating promise',
    'async function later(): Promise<void> {\n  await Promise.resolve();\n}\nexport function go(): void {\n  later();\n}',
    /noFloatingPromises/,
  ],
];

const sound = `import { createHash } from 'node:crypto';
import { SimulatedClock, sleepMs } from './clock.ts';
import { Random } from './random.ts';

export const at = new Date(new SimulatedClock(5).nowUs() / 1000).toISOString();
export const digest = createHash('sha256').update(at).digest('hex');
export const draw = Math.floor(Random.of(7, 'a test').float() * 10);

export async function rest(): Promise<void> {
  await sleepMs(1);
}
`;

const wallTime = 'setTimeout(() => {}, Date.now() + Math.random());\n';
const exempt = ['runtime/clock.ts', 'runtime/random.ts', 'policies/viewer/page/planted.ts'];

interface Refusal {
  readonly file: string;
  readonly text: string;
}

/** Lints `files` in a folder of their own with the repository's configuration; one run for all, since starting is slow. */
function lint(files: ReadonlyMap<string, string>): Refusal[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-lint-'));
  try {
    const configuration = JSON.parse(readFileSync(path.join(root, 'biome.json'), 'utf8'));
    delete configuration.vcs;
    writeFileSync(path.join(folder, 'biome.json'), JSON.stringify(configuration));
    cpSync(path.join(root, 'scripts/lint'), path.join(folder, 'scripts/lint'), { recursive: true });
    for (const [file, source] of files) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), source);
    }
    const biome = path.join(root, 'node_modules/.bin/biome');
    const run = spawnSync(
      biome,
      ['lint', '--reporter=json', '--max-diagnostics=none', '--error-on-warnings', 'runtime', 'policies'],
      { cwd: folder, encoding: 'utf8' },
    );
    const { diagnostics } = JSON.parse(run.stdout);
    return diagnostics.map((diagnostic: { category: string; message: string; location: { path: string } }) => ({
      file: diagnostic.location.path,
      text: `${diagnostic.category}: ${diagnostic.message}`,
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const fileOf = (index: number) => `runtime/planted-${index}.ts`;

const refusals = lint(
  new Map([
    ...planted.map(([, source], index) => [fileOf(index), `${source}\n`] as const),
    ['runtime/sound.ts', sound] as const,
    ['runtime/planted.test.ts', wallTime] as const,
    ...exempt.map((file) => [file, wallTime] as const),
  ]),
);

const refusedIn = (file: string) => refusals.filter((refusal) => refusal.file === file).map(({ text }) => text);

for (const [index, [name, , because]] of planted.entries()) {
  test(`refused: ${name}`, (t) => {
    t.true(
      refusedIn(fileOf(index)).some((text) => because.test(text)),
      JSON.stringify(refusedIn(fileOf(index))),
    );
  });
}

test('what the helpers are for is allowed', (t) => {
  t.deepEqual(refusedIn('runtime/sound.ts'), []);
});

test('a test file is held to the same rules', (t) => {
  t.true(refusedIn('runtime/planted.test.ts').length >= 3);
});

for (const file of exempt) {
  test(`${file} may read time and randomness`, (t) => {
    t.deepEqual(refusedIn(file), []);
  });
}
