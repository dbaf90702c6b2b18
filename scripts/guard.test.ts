/** Every rule against what it must refuse and what it must admit; the same fixtures go to a real API server in the suite `guardrails`. */
import test from 'ava';
import { rules } from '../platform/guardrails/rules.ts';
import { secretsIn } from '../platform/guardrails/secrets.ts';
import { FIXTURES, fixturesBelow, problemsOf } from './guard/fixtures.ts';

const fixtures = fixturesBelow(FIXTURES);

test('every rule has something that it refuses, and something that it admits', (t) => {
  for (const rule of rules) {
    const own = fixtures.filter((fixture) => fixture.rule === rule);
    t.true(
      own.some(({ refused }) => refused),
      `${rule.name}: nothing refused`,
    );
    // Who delivers is no property of an object: the suite tries the same ones as somebody else.
    if (rule.name !== 'git-only')
      t.true(
        own.some(({ refused }) => !refused),
        `${rule.name}: nothing admitted`,
      );
  }
});

for (const fixture of fixtures) {
  if (fixture.rule.check === undefined && fixture.rule.checkAll === undefined) continue;
  test(fixture.name, (t) => {
    t.true(fixture.rule.applies(fixture.context));
    t.is(problemsOf(fixture).length > 0, fixture.refused, problemsOf(fixture).join('; '));
  });
}

/** Made up here, from parts: whole ones would be found in this file, too. */
const planted: readonly (readonly [string, string])[] = [
  ['an AWS access key', `AKIA${'ABCDEFGHIJKLMNOP'}`],
  ['a GitHub token', `ghp_${'a1'.repeat(18)}`],
  ['a private key', `-----BEGIN EC ${'PRIVATE KEY-----'}`],
  ['a Pulumi access token', `pul-${'0a'.repeat(20)}`],
  ['a JSON web token', `eyJ${'hbGciOiJI'}UzI1NiJ9.eyJ${'zdWIiOiIx'}MjM0.abcdefghijkl`],
  ['a URL with a password', `postgres://emp:${'planted'}@db/emp`],
  ['a value of a secret name', `password: ${'hunter2hunter2'}`],
];

for (const [looksLike, text] of planted) {
  test(`the scan finds ${looksLike}`, (t) => {
    t.deepEqual(secretsIn(`first\n  ${text}\n`, 'file')[0], { file: 'file', line: 2, looksLike });
  });
}

test('a line is let off by a reason before it, and by nothing less', (t) => {
  const line = `password: ${'hunter2hunter2'}`;
  t.is(secretsIn(`# no secret: it opens nothing\n${line}`, 'file').length, 0);
  t.is(secretsIn(`# no secret:\n${line}`, 'file').length, 1);
  t.is(secretsIn(`# no secret: it opens nothing\n\n${line}`, 'file').length, 1);
});

test('the scan lets references, digests and prose pass', (t) => {
  const sound = [
    'secret: emp-database',
    'key: url',
    `digest: sha256:${'ab'.repeat(32)}`,
    'valueFrom: { secretKeyRef: { name: emp-database, key: url } }',
    'the password of the database stands in a Secret',
    'EMP_DATABASE_URL=postgres://localhost:5432/emp',
    'postgres://USER:PASSWORD@HOST:PORT/DATABASE',
  ];
  t.deepEqual(secretsIn(sound.join('\n'), 'file'), []);
});
