import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from './testing/temporary-folder.ts';

const start = path.join(import.meta.dirname, 'start.mjs');

/** Runs start.mjs as Node `version` would, as far as it can tell. */
function under(version: string, ...args: string[]) {
  const pretend = `Object.defineProperty(process, 'version', { value: '${version}' })`;
  return spawnSync(process.execPath, ['--import', `data:text/javascript,${pretend}`, start, ...args], {
    encoding: 'utf8',
  });
}

for (const version of ['v18.20.0', 'v20.20.2', 'v24.11.1']) {
  test(`Node ${version} is refused with the fix`, (t) => {
    const run = under(version, 'up');
    t.is(run.status, 2);
    t.true(run.stderr.startsWith(`node: version is too old (${version}), at least v24.12 is allowed\n`), run.stderr);
    t.regex(run.stderr, /npm ci/);
    t.regex(run.stderr, /nodejs\.org/);
  });
}

for (const version of ['v24.12.0', 'v24.21.0', 'v25.0.0', 'v26.1.0']) {
  test(`Node ${version} will do`, (t) => {
    t.is(under(version).status, 0);
  });
}

test('an unknown script is refused with those there are', (t) => {
  const run = under(process.version, 'fly');
  t.is(run.status, 2);
  t.regex(run.stderr, /^scripts\/fly\.ts: no such script, allowed are .*\brender\b.*\breset\b/);
});

test('a script is looked for in scripts/ and nowhere else', (t) => {
  t.is(under(process.version, '../runtime/clock').status, 2);
});

test('--help is not an error, a wrong option is one of usage', (t) => {
  t.is(under(process.version, 'render', '--help').status, 0);
  t.is(under(process.version, 'render', '--chekc').status, 2);
});

/** Runs `source` as a script behind a door of its own. */
function script(t: ExecutionContext, source: string, ...args: string[]) {
  const folder = temporaryFolder(t);
  cpSync(start, path.join(folder, 'start.mjs'));
  writeFileSync(path.join(folder, 'verb.ts'), source);
  return spawnSync(process.execPath, [path.join(folder, 'start.mjs'), 'verb', ...args], { encoding: 'utf8' });
}

const outcomes: readonly [name: string, source: string, code: number, stderr: RegExp][] = [
  ['main’s number is the exit code', 'export const main = () => 1;', 1, /^$/],
  ['main may take its time', 'export const main = async (args: string[]) => args.length;', 2, /^$/],
  ['a script without main runs by being imported', 'process.exitCode = 1;', 1, /^$/],
  ['an operational failure is one sentence', "throw new Error('x.yaml: is missing');", 3, /^x\.yaml: is missing\n$/],
  [
    'with its cause',
    "throw new Error('cannot start', { cause: new Error('port in use') });",
    3,
    /^cannot start\n {2}because: port in use\n$/,
  ],
  ['bad input carries its exit code', "throw Object.assign(new Error('bad'), { exitCode: 2 });", 2, /^bad\n$/],
  ['a bug shows its stack', 'const a: string[] = [];\nexport const b = a[0]!.length;', 3, /^TypeError.*\n {4}at /],
];

for (const [name, source, code, stderr] of outcomes) {
  test(name, (t) => {
    const run = script(t, source, 'a', 'b');
    t.is(run.status, code, run.stderr);
    t.regex(run.stderr, stderr);
  });
}

test('whoever stops reading, as `| head` does, hears of no error', (t) => {
  const run = spawnSync('sh', ['-c', '"$0" "$1" tag --help | true', process.execPath, start], { encoding: 'utf8' });
  t.is(run.stderr, '');
});
