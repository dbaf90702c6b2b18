import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import test from 'ava';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';

// The package imports JSON as bundlers allow; Node asks for an attribute.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
const { validate } = await import('@actions/languageservice');

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, '.github/workflows');
const scripts = Object.keys(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).scripts);

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

let documents = 0;

/** What is wrong with a workflow: GitHub's own schema and expressions, then what we ask of ours. */
async function problemsOf(text: string): Promise<string[]> {
  // It remembers what it parsed by the document's name.
  const document = TextDocument.create(`file:///.github/workflows/${documents++}.yml`, 'yaml', 1, text);
  const problems = (await validate(document)).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`);
  const workflow = parse(text);
  if (workflow.permissions === undefined) problems.push('permissions are not stated');
  for (const [name, job] of Object.entries<{ steps?: Step[]; 'timeout-minutes'?: number }>(workflow.jobs)) {
    if (job['timeout-minutes'] === undefined) problems.push(`${name}: has no timeout`);
    for (const { uses, run = '' } of job.steps ?? []) {
      if (uses !== undefined && !/@v\d+\.\d+\.\d+$|@[0-9a-f]{40}$/.test(uses)) problems.push(`${uses}: is no release`);
      for (const [, script = ''] of run.matchAll(/npm run (?:-s )?([\w-]+)/g)) {
        if (!scripts.includes(script)) problems.push(`${script}: is no script of package.json`);
      }
      if (run.split('\n').length > 3)
        problems.push(`${name}: a step of ${run.split('\n').length} lines belongs into a script`);
      if (/\$\{\{\s*github\.(head_ref|event)/.test(run))
        problems.push(`${name}: a name that others choose is put into a shell command`);
    }
  }
  return problems;
}

for (const name of readdirSync(folder)) {
  test(`${name} is a workflow: GitHub's schema and expressions, releases of actions, scripts that exist`, async (t) => {
    t.deepEqual(await problemsOf(readFileSync(path.join(folder, name), 'utf8')), []);
  });
}

const sound = readFileSync(path.join(folder, 'gates.yml'), 'utf8');
const caught = test.macro({
  title: (title) => `caught: ${title}`,
  exec: async (t, find: string, put: string, problem: RegExp) => {
    t.true(sound.includes(find));
    t.regex((await problemsOf(sound.replace(find, put))).join('\n'), problem);
  },
});
test(
  'a key that GitHub does not know',
  caught,
  'timeout-minutes: 60',
  'timeout-minuets: 60',
  /Unexpected value 'timeout-minuets'/,
);
test('an event that there is not', caught, 'pull_request:', 'pull_requests:', /Unexpected value 'pull_requests'/);
test('an expression that does not parse', caught, ' github.head_ref }}', ' github.head_ref( }}', /line \d+:/);
test('a context that there is not', caught, ' secrets.EMP_GATE_KEY }}', ' secret.EMP_GATE_KEY }}', /secret/);
test('a function that there is not', caught, 'startsWith(github', 'beginsWith(github', /beginsWith/);
test('an action by branch', caught, 'actions/checkout@v5.0.0', 'actions/checkout@main', /is no release/);
test('a script that there is not', caught, 'npm run -s gate', 'npm run -s gates', /gates: is no script/);
test(
  'a branch name in a shell command',
  caught,
  'attest "$BRANCH"',
  ['attest "$', '{{ github.head_ref }}"'].join(''),
  /others choose/,
);
