import test from 'ava';
import fc from 'fast-check';
import { fixture } from '../../runtime/fixtures.ts';
import { LobsterCheck } from './lobster-check.ts';
import { type LobsterMessage, type LobsterRow, parseMessage, parseRow, TYPE } from './lobster-row.ts';
import { LobsterSource } from './lobster-source.ts';
import { SyntheticLobster } from './synthetic-lobster.ts';

interface Line {
  readonly message: LobsterMessage;
  readonly row: LobsterRow;
}

function check(lines: readonly Line[]): LobsterCheck {
  const result = new LobsterCheck((lines[0] as Line).row.length / 4);
  for (const [i, { message, row }] of lines.entries()) result.next(i + 1, message, row);
  return result;
}

function synthetic(seed: number, levels: number, count: number): Line[] {
  const { messages, rows } = new SyntheticLobster(seed, levels, count);
  return messages.map((text, i) => {
    const message = parseMessage(text);
    const row = parseRow(rows[i] as string, levels);
    if (message === undefined || row === undefined) throw new Error(`not LOBSTER: ${text} / ${rows[i]}`);
    return { message, row };
  });
}

const markets = new Map<number, Line[]>();

/** 400 lines at five levels, made once. */
function market(seed: number): Line[] {
  const known = markets.get(seed) ?? synthetic(seed, 5, 400);
  markets.set(seed, known);
  return known;
}

/** Rank of the message's price on its side, before or after it; the window's depth when it shows neither. */
function rankOf(lines: readonly Line[], i: number): number {
  const { message, row } = lines[i] as Line;
  const side = message.direction === 1 ? 2 : 0;
  for (const shown of [row, (lines[i - 1] as Line).row]) {
    for (let at = side; at < shown.length; at += 4) if (shown[at] === message.price) return at >> 2;
  }
  return row.length / 4;
}

function withMessage(lines: readonly Line[], i: number, change: Partial<LobsterMessage>): Line[] {
  const line = lines[i] as Line;
  return lines.with(i, { ...line, message: { ...line.message, ...change } });
}

/**
 * One alteration each. Invisible by the nature of the data, and left out: a hidden execution's size, a cancel told as an
 * execution or the reverse, and what happens to the window's last level just before it leaves.
 */
const plants: Record<string, (lines: readonly Line[], i: number, dice: number) => Line[]> = {
  'a size': (lines, i) => withMessage(lines, i, { size: (lines[i] as Line).message.size + 1 }),
  'a price': (lines, i, dice) =>
    withMessage(lines, i, { price: (lines[i] as Line).message.price + (dice % 2 ? 100 : -100) }),
  'a side': (lines, i) => withMessage(lines, i, { direction: (lines[i] as Line).message.direction === 1 ? -1 : 1 }),
  'an order turned into its cancel, or back': (lines, i) =>
    withMessage(lines, i, { type: (lines[i] as Line).message.type === TYPE.SUBMIT ? TYPE.DELETE : TYPE.SUBMIT }),
  'a line lost from both files': (lines, i) => lines.toSpliced(i, 1),
  'a line lost from the messages': (lines, i) =>
    lines.slice(0, -1).map((line, at) => (at < i ? line : { ...line, message: (lines[at + 1] as Line).message })),
  'a line doubled in both files': (lines, i) => lines.toSpliced(i, 0, lines[i] as Line),
  'a price in a row': (lines, i, dice) => withRow(lines, i, dice, 0),
  'a size in a row': (lines, i, dice) => withRow(lines, i, dice, 1),
  'time running backwards': (lines, i) => withMessage(lines, i, { timeUs: (lines[i - 1] as Line).message.timeUs - 1 }),
};

/** Alters one field of a level that is not the window's last. */
function withRow(lines: readonly Line[], i: number, dice: number, field: 0 | 1): Line[] {
  const line = lines[i] as Line;
  const row = Float64Array.from(line.row);
  const inner = row.length / 4 - 1;
  row[4 * (dice % inner) + (dice % 2) * 2 + field] += field === 0 ? 100 : 1;
  return lines.with(i, { ...line, row });
}

for (const [name, plant] of Object.entries(plants)) {
  test(`found wherever it is: ${name}`, (t) => {
    fc.assert(
      fc.property(fc.nat(7), fc.integer({ min: 1, max: 398 }), fc.nat(1000), (seed, at, dice) => {
        const lines = market(seed);
        let i = at;
        const hidden = () => (lines[i] as Line).message.type === TYPE.EXECUTE_HIDDEN;
        while (i < 398 && (hidden() || rankOf(lines, i) >= 4)) i++;
        fc.pre(!hidden() && rankOf(lines, i) < 4);
        const result = check(plant(lines, i, dice));
        t.true(result.mismatches > 0, `${name} at ${i}: ${JSON.stringify(lines[i])}`);
        t.truthy(result.firstMismatch);
      }),
      { numRuns: 60 },
    );
  });
}

test('sound files have no mismatch, at any depth, and every level is checked or revealed', (t) => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 8 }), (seed, levels) => {
      const result = check(synthetic(seed, levels, 300));
      t.is(result.firstMismatch, undefined);
      t.is(result.checks + result.revealed, 299 * 2 * levels);
      t.true(result.checks > 0);
    }),
    { numRuns: 40 },
  );
});

test('a mismatch says where, what was expected and what is there', (t) => {
  const lines = synthetic(5, 5, 50);
  const row = Float64Array.from((lines[20] as Line).row);
  row[1] += 7;
  const { firstMismatch } = check(lines.with(20, { ...(lines[20] as Line), row }));
  t.deepEqual(firstMismatch, {
    line: 21,
    problem: 'ask level 1 does not follow from the message',
    expected: `${row[1] - 7} @ ${row[0]}`,
    actual: `${row[1]} @ ${row[0]}`,
  });
});

test('the whole day of real data agrees with itself', async (t) => {
  const day = 'data/lob/lobster/AMZN_2012-06-21_34200000_57600000_';
  const messages = fixture(`${day}message_5.csv.gz`);
  const orderBook = fixture(`${day}orderbook_5.csv.gz`);
  if (messages === undefined || orderBook === undefined) {
    t.log('SKIP: the LOBSTER sample is not on this machine (EMP_FIXTURES)');
    t.pass();
    return;
  }
  const source = await LobsterSource.open(messages, orderBook);
  const result = new LobsterCheck(source.levels);
  for await (const { line, message, row } of source.lines()) result.next(line, message, row);
  const { checks, revealed, mismatches, firstMismatch } = result;
  t.deepEqual(
    { checks, revealed, mismatches, firstMismatch },
    { checks: 1525500, revealed: 33840, mismatches: 0, firstMismatch: undefined },
  );
});
