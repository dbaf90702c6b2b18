/** What the documents tell people to type exists. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';

const root = path.resolve(import.meta.dirname, '..');
const scripts = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).scripts as Record<string, string>;

/** Every npm script named in commands of `markdown`: fenced, indented or in backticks. */
function namedScripts(markdown: string): string[] {
  const commands = markdown.matchAll(/\bnpm (?:run(?: -s)? ([a-z][a-z0-9-]*)|(test)\b)/g);
  return [...new Set([...commands].map(([, run, itself]) => (run ?? itself) as string))];
}

/** Links of `markdown` into the repository. */
function localLinks(markdown: string): string[] {
  return [...markdown.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target as string);
}

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', '.ci/run', '.github/workflows/check.yml'].concat(
  ['platform', 'environments', 'charts', 'scripts', 'gates', 'policies', 'runtime'].flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
      .map((file) => path.join(room, file)),
  ),
);

for (const document of documents) {
  const markdown = readFileSync(path.join(root, document), 'utf8');

  test(`${document}: its commands exist`, (t) => {
    for (const name of namedScripts(markdown)) {
      if (name === 'test' || scripts[name] !== undefined) continue;
      t.fail(`npm run ${name} is not in package.json`);
    }
    t.pass();
  });

  test(`${document}: its links lead somewhere`, (t) => {
    for (const target of localLinks(markdown)) {
      t.true(existsSync(path.join(root, path.dirname(document), target)), target);
    }
    t.pass();
  });
}

test('the README begins with the two commands', (t) => {
  const commands = readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(/^(npm .*?)\s+#/gm);
  t.deepEqual(
    [...commands].slice(0, 2).map(([, command]) => command),
    ['npm ci && npm run up', 'npm ci && npm test'],
  );
});

test('the README has a row for every command a user has', (t) => {
  const named = namedScripts(readFileSync(path.join(root, 'README.md'), 'utf8'));
  const forBuilders = ['lint', 'format', 'types'];
  t.deepEqual(
    Object.keys(scripts).filter((name) => !named.includes(name) && !forBuilders.includes(name)),
    [],
  );
});

test('every npm script that goes through the door leads to a file', (t) => {
  for (const [name, command] of Object.entries(scripts)) {
    const verb = /start\.mjs ([a-z-]+)/.exec(command)?.[1];
    if (verb !== undefined) t.true(existsSync(path.join(root, 'scripts', `${verb}.ts`)), `${name}: scripts/${verb}.ts`);
  }
  t.pass();
});

test('a command that does not exist would be found', (t) => {
  t.deepEqual(namedScripts('```\nnpm ci && npm run fly -- --far\n```\nand `npm run -s up`, npm test'), [
    'fly',
    'up',
    'test',
  ]);
  t.deepEqual(localLinks('[a](b.md) [c](https://d.e) [f](#g) [h](i/j.md#k)'), ['b.md', 'i/j.md']);
});
