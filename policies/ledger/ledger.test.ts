import test from 'ava';
import fc from 'fast-check';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { append, genesis, type LedgerEvent, verifyLedger } from './ledger.ts';
import { standing } from './standing.ts';

const digestOf = (fill: string): string => `sha256:${fill.repeat(64).slice(0, 64)}`;

function event(change: Partial<LedgerEvent> = {}): LedgerEvent {
  return {
    timeUs: 1_700_000_000_000_000,
    kind: 'promoted',
    environment: 'local',
    policy: digestOf('a'),
    evidence: digestOf('e'),
    commit: 'c'.repeat(40),
    restores: null,
    because: 'every gate passed',
    ...change,
  };
}

const five = append(
  '',
  'abcde'.split('').map((fill) => event({ policy: digestOf(fill) })),
);

const headOf = (text: string) => {
  const verified = verifyLedger(text);
  if (!verified.ok) throw new Error('not sound');
  return verified.head;
};

test('an empty ledger is sound and has no head', (t) => {
  t.deepEqual(verifyLedger(''), { ok: true, entries: [], head: null });
});

test('its time does not go back: a slower clock writes the latest, and a chain that goes back is refused', (t) => {
  const later = append('', [event({ timeUs: 2_000 })]);
  const verified = verifyLedger(append(later, [event({ timeUs: 1_000 }), event({ timeUs: 3_000 })]));
  t.deepEqual(verified.ok && verified.entries.map(({ timeUs }) => timeUs), [2_000, 2_000, 3_000]);
  const [first, second] = append(later, [event({ timeUs: 2_500 })]).split('\n') as [string, string];
  const { hash: _, ...body } = { ...JSON.parse(second), timeUs: 1_000 };
  const forged = JSON.stringify({ ...body, hash: sha256Of(JSON.stringify(body)) });
  const refused = verifyLedger(`${first}\n${forged}\n`);
  t.is(refused.ok ? '' : refused.problems[0]?.problem, 'goes back in time');
});

test('entries are numbered and chained, and appending in parts or at once is the same', (t) => {
  const one = append('', [event()]);
  const text = append(one, [event({ kind: 'verified' })]);
  t.is(text, append('', [event(), event({ kind: 'verified' })]));
  const verified = verifyLedger(text);
  if (!verified.ok) return t.fail();
  t.deepEqual(
    verified.entries.map(({ seq }) => seq),
    [0, 1],
  );
  t.is(verified.entries[0]?.previous, genesis);
  t.is(verified.entries[1]?.previous, verified.entries[0]?.hash);
});

test('appending to a ledger that is not sound throws, naming the line', (t) => {
  t.throws(() => append(five.replace('every gate passed', 'no gate passed'), [event()]), {
    message: /^policies\/ledger.jsonl:1: was edited \(sha256:\w{64}\), sha256:\w{64} is allowed$/,
  });
});

const noticed = test.macro({
  title: (title) => `noticed: ${title}`,
  exec: (t, change: (lines: string[]) => string[], subject: RegExp, problem: RegExp) => {
    const lines = five.slice(0, -1).split('\n');
    const verified = verifyLedger(`${change(lines).join('\n')}\n`, headOf(five));
    if (verified.ok) return t.fail('the change was not noticed');
    t.regex(verified.problems[0]?.subject ?? '', subject);
    t.regex(verified.problems[0]?.problem ?? '', problem);
  },
});

const swapped = (lines: string[], i: number, j: number): string[] =>
  lines.map((line, index) => (index === i ? lines[j] : index === j ? lines[i] : line) as string);

test('a line is deleted', noticed, (lines) => lines.toSpliced(2, 1), /:3$/, /out of order/);
test('two lines change places', noticed, (lines) => swapped(lines, 1, 2), /:2$/, /out of order/);
test('a line is repeated', noticed, (lines) => lines.toSpliced(2, 0, lines[1] as string), /:3$/, /out of order/);
test('the end is cut', noticed, (lines) => lines.slice(0, 3), /ledger.jsonl$/, /is shorter than it was/);
test('the beginning is cut', noticed, (lines) => lines.slice(1), /:1$/, /out of order/);
test('a space is added', noticed, (lines) => lines.with(1, ` ${lines[1]}`), /:2$/, /not written canonically/);
test(
  'a field is added',
  noticed,
  (lines) => lines.with(1, `{"x":1,${lines[1]?.slice(1)}`),
  /:2$/,
  /not a ledger entry/,
);
test(
  'all is written anew, with a sound chain of its own',
  noticed,
  () =>
    append(
      '',
      'abcdef'.split('').map((fill) => event({ policy: digestOf(fill), because: 'forged' })),
    )
      .slice(0, -1)
      .split('\n'),
  /:5$/,
  /is not the entry seen before/,
);

test('a ledger without its last line feed is cut', (t) => {
  t.false(verifyLedger(five.slice(0, -1)).ok);
});

test('any change of any character of any line is noticed', (t) => {
  const characters = fc.integer({ min: 0, max: five.length - 1 });
  t.notThrows(() =>
    fc.assert(
      fc.property(characters, fc.constantFrom('0', 'f', ' ', '"', '\n', 'é'), (at, replacement) => {
        fc.pre(five[at] !== replacement);
        return !verifyLedger(five.slice(0, at) + replacement + five.slice(at + 1)).ok;
      }),
      { numRuns: 400 },
    ),
  );
});

test('a ledger that continues from the remembered head is sound', (t) => {
  t.true(verifyLedger(append(five, [event()]), headOf(five)).ok);
});

const standingOf = (events: readonly Partial<LedgerEvent>[]) => {
  const verified = verifyLedger(append('', events.map(event)));
  if (!verified.ok) throw new Error('not sound');
  return standing(verified.entries, 'local');
};

test('the last promotion holds the label; others of another environment do not count', (t) => {
  const now = standingOf([{}, { policy: digestOf('b') }, { environment: 'paper', policy: digestOf('c') }]);
  t.is(now.holder?.policy, digestOf('b'));
  t.is(now.promotions.length, 2);
});

test('a rollback removes what it undid, so that a later one cannot return to it', (t) => {
  const now = standingOf([
    { policy: digestOf('a') },
    { kind: 'verified', policy: digestOf('a') },
    { policy: digestOf('b') },
    { kind: 'verified', policy: digestOf('b') },
    { kind: 'rolledBack', policy: digestOf('a'), restores: 0 },
    { policy: digestOf('c') },
  ]);
  t.deepEqual(
    now.promotions.map(({ entry, verified }) => [entry.policy, verified]),
    [
      [digestOf('a'), true],
      [digestOf('c'), false],
    ],
  );
});

test('a rollback to nothing leaves nothing in force', (t) => {
  const now = standingOf([{}, { kind: 'rolledBack', policy: null, restores: null }]);
  t.deepEqual(now.promotions, []);
  t.is(now.holder?.kind, 'rolledBack');
});

test('promotion is on hold from held to released', (t) => {
  t.is(standingOf([{ kind: 'held', because: 'x' }]).held?.because, 'x');
  t.is(standingOf([{ kind: 'held' }, { kind: 'released' }]).held, undefined);
});
