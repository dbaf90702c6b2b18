import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { claimsOf, mentionsOf } from './claims.ts';
import { parityProblems } from './parity.ts';
import { truthOf } from './truth.ts';

test('claims are items of lists and paragraphs with figures; reasons, code and tables claim nothing', (t) => {
  const markdown = [
    '# X',
    'Prose without a figure.',
    'It takes 12 ms',
    'at most. <!-- proof: figure f.json x -->',
    '',
    '- one, over',
    '  two lines <!-- proof: test a.test.ts "b" --> <!-- proof: gate edge -->',
    '- two',
    '```',
    '- code',
    '```',
    '| - | 5 ms |',
    '',
    '## Decisions',
    '- a reason, 3 ms',
  ].join('\n');
  t.deepEqual(
    claimsOf(markdown, 'README.md').map(({ line, text, proofs }) => [line, text, proofs.map(({ kind }) => kind)]),
    [
      [2, 'Prose without a figure. It takes 12 ms at most.', ['figure']],
      [6, 'one, over two lines', ['test', 'gate']],
      [8, 'two', []],
    ],
  );
});

test('names in code type are looked at, others are prose', (t) => {
  const markdown = '`npm run up -- --once`, --nothing, `emp_errors_total`, `view.ts`, `--json`, `git --bare`';
  t.deepEqual(
    mentionsOf(markdown, 'x.md').map(({ kind, name }) => [kind, name]),
    [
      ['script', 'up'],
      ['flag', '--once'],
      ['metric', 'emp_errors_total'],
      ['path', 'view.ts'],
      ['flag', '--json'],
    ],
  );
});

const SOUND: Readonly<Record<string, string>> = {
  'README.md': [
    '- It refuses a full disk. <!-- proof: test runtime/a.test.ts "refuses a full disk" -->',
    '- It never looks ahead. <!-- proof: gate causality -->',
    '- It survives being killed. <!-- proof: suite kill "twenty times" -->',
    '- It decodes 712,000 messages a second. <!-- proof: figure bench.json decoded -->',
    '- `npm run up -- --once` ends. <!-- proof: run npm run up -- --help -->',
    '- `emp_errors_total` counts what was refused. <!-- proof: test runtime/a.test.ts "refuses a full disk" -->',
  ].join('\n'),
  'runtime/a.test.ts': "test('refuses a full disk', (t) => t.pass());\n",
  'scripts/suites/kill.ts': "suite.check('killed twenty times', () => {});\n",
  'scripts/up.ts': ".option('--once', 'x')\n",
  'bench.json': '{"figures": [{"name": "decoded", "median": 700000}]}\n',
  'package.json': '{"scripts": {"up": "x"}}\n',
  '.ci/run': 'suites=(readme kill)\n',
};

function folderOf(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-truth-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  return folder;
}

const told = test.macro({
  title: (title) => `truth: ${title}`,
  exec: (t, file: string, change: (text: string) => string, problem?: RegExp) => {
    const checkout = folderOf(t, SOUND);
    const documents = folderOf(t, {});
    cpSync(checkout, documents, { recursive: true });
    const changed = change(SOUND[file] as string);
    if (problem !== undefined) t.not(changed, SOUND[file], 'the plant changes nothing');
    writeFileSync(path.join(file.endsWith('.md') ? documents : checkout, file), changed);
    const metrics = ['emp_errors_total'];
    const { problems } = truthOf({ documents, checkout, gates: ['causality'], metrics });
    t.deepEqual(
      problems.map((one) => one.problem).filter((one) => problem?.test(one) !== true),
      [],
    );
    t.is(problems.length > 0, problem !== undefined);
  },
});

test('sound documents pass', told, 'README.md', (text) => text);
test('a claim without evidence', told, 'README.md', (text) => `${text}\n- It can fly.\n`, /^claims something without/);
test(
  'a feature that does not exist',
  told,
  'README.md',
  (text) => text.replace('refuses a full disk" -->\n', 'can fly" -->\n'),
  /^rests on a title/,
);
test(
  'a figure ten times too good',
  told,
  'README.md',
  (text) => text.replace('712,000', '7,120,000'),
  /^tells another figure/,
);
test('a stale figure', told, 'bench.json', (text) => text.replace('700000', '350000'), /^tells another figure/);
test(
  'a figure that nobody measured',
  told,
  'README.md',
  (text) => `${text}\n\nA decision takes 12 µs.\n`,
  /^claims something without/,
);
test('a renamed flag', told, 'scripts/up.ts', (text) => text.replace('--once', '--single'), /^names a flag/);
test(
  'a command that is gone',
  told,
  'package.json',
  (text) => text.replace('"up"', '"down"'),
  /command that does not exist/,
);
test(
  'a metric that is gone',
  told,
  'README.md',
  (text) => text.replace('emp_errors_total', 'emp_faults_total'),
  /^names a metric/,
);
test('a gate that is gone', told, 'README.md', (text) => text.replace('causality', 'clairvoyance'), /^rests on a gate/);
test(
  'a test that is renamed',
  told,
  'runtime/a.test.ts',
  (text) => text.replace('refuses', 'accepts'),
  /^rests on a title/,
);
test(
  'a test that is skipped',
  told,
  'runtime/a.test.ts',
  (text) => text.replace('test(', 'test.skip('),
  /^rests on a test that is not run/,
);
test('a suite that CI no longer runs', told, '.ci/run', (text) => text.replace(' kill', ''), /^rests on a suite/);
test(
  'a proof that is misspelt',
  told,
  'README.md',
  (text) => text.replace('proof: gate', 'proof: gates'),
  /no known kind/,
);

const actual = {
  modes: ['paper'],
  flags: ['--state'],
  endpoints: ['/audit'],
  opens: { paper: ['a connection', 'its journal'] },
  limits: ['maxOpenOrders'],
  metrics: ['emp_errors_total'],
};
const SECTION = [
  '<!-- boundaries: written -->',
  '| | |',
  '|---|---|',
  '| modes | `paper` |',
  '| flags | `--state` |',
  '| endpoints | `/audit` |',
  '| limits | `maxOpenOrders` |',
  '| metrics | `emp_errors_total` |',
  '| opens in paper mode | a connection; its journal |',
  '<!-- /boundaries -->',
].join('\n');

const parity = test.macro({
  title: (title) => `parity: ${title}`,
  exec: (t, change: (text: string) => string, ...problems: string[]) => {
    t.deepEqual(
      parityProblems(change(SECTION), actual).map(
        ({ problem, actual, allowed }) => `${problem}: ${actual}, ${allowed}`,
      ),
      problems,
    );
  },
});

const extra = 'tells of what the runtime does not have';
test('the runtime’s own boundaries pass', parity, (text) => text);
test('a mode too many', parity, (text) => text.replace('`paper`', '`paper` `turbo`'), `${extra}: turbo, paper`);
test(
  'a flag renamed',
  parity,
  (text) => text.replace('--state', '--stat'),
  `${extra}: --stat, --state`,
  'does not tell of: absent, --state',
);
test(
  'a metric removed',
  parity,
  (text) => text.replace('`emp_errors_total`', ''),
  'does not tell of: absent, emp_errors_total',
);
test(
  'more is opened than told',
  parity,
  (text) => text.replace('; its journal', ''),
  'does not tell of: absent, its journal',
);
test(
  'a boundary of another kind',
  parity,
  (text) => text.replace('| modes', '| venues | `moon` |\n| modes'),
  'tells of a boundary that is none of the runtime’s: venues, modes, flags, endpoints, limits, metrics',
);
test(
  'no section',
  parity,
  () => '# EMP\n',
  'has no boundary section: no markers, <!-- boundaries … --> … <!-- /boundaries -->',
);
