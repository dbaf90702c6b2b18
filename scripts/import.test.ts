import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { SyntheticLobster } from '../policies/markets/synthetic-lobster.ts';

const start = path.join(import.meta.dirname, 'start.mjs');

function run(...args: string[]) {
  return spawnSync(process.execPath, [start, 'import', ...args], { encoding: 'utf8' });
}

/** A folder with TEST's files, `change` applied to the rows. */
function files(change: (rows: string[]) => void = () => {}): { messages: string; orderBook: string; log: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-import-'));
  const { messages, rows } = new SyntheticLobster(21, 5, 300);
  change(rows);
  const at = (kind: string) => path.join(folder, `TEST_2012-06-21_34200000_57600000_${kind}_5.csv`);
  writeFileSync(at('message'), messages.join('\n'));
  writeFileSync(at('orderbook'), rows.join('\n'));
  return { messages: at('message'), orderBook: at('orderbook'), log: path.join(folder, 'log.zst') };
}

test('imports, verifies and prints one object, with or without --json', (t) => {
  const { messages, orderBook, log } = files();
  const { status, stdout, stderr } = run('lobster', messages, orderBook, '-o', log, '--verify');
  t.is(status, 0, stderr);
  const { event, checks, mismatches, firstMismatch, bookChecks, bookMismatches, timeUs } = JSON.parse(stdout);
  t.deepEqual(
    { event, mismatches, firstMismatch, bookChecks, bookMismatches },
    {
      event: 'import',
      mismatches: 0,
      firstMismatch: null,
      bookChecks: 300,
      bookMismatches: 0,
    },
  );
  t.true(checks > 2000);
  t.is(new Date(timeUs.first / 1000).toISOString().slice(0, 14), '2012-06-21T13:');
  t.true(existsSync(log) && existsSync(`${log}.json`));
});

test('a wrong row: exit 1, the line named, no log', (t) => {
  const { messages, orderBook, log } = files((rows) => {
    rows[50] = (rows[50] as string).replace(/^(\d+),(\d+)/, (_, price, size) => `${price},${Number(size) + 1}`);
  });
  const { status, stdout } = run('lobster', messages, orderBook, '-o', log);
  t.is(status, 1);
  t.regex(
    stdout,
    /^300 lines: \d+ levels checked, \d+ revealed, [1-9]\d* mismatches\nline 51: ask level 1 does not follow/,
  );
  t.false(existsSync(log));
});

const bad: Record<string, [(at: ReturnType<typeof files>) => string[], RegExp]> = {
  'a missing file': [
    ({ orderBook, log }) => ['TEST_2012-06-21_none.csv', orderBook, '-o', log],
    /TEST_2012-06-21_none\.csv: cannot be read \(ENOENT/,
  ],
  'a folder that is not there': [
    ({ messages, orderBook }) => [messages, orderBook, '-o', '/nowhere/log.zst'],
    /\/nowhere\/log\.zst: cannot be written \(ENOENT/,
  ],
  'no date': [
    ({ orderBook, log }) => ['messages.csv', orderBook, '-o', log, '--symbol', 'A'],
    /--date: is not in the file name either \(messages\.csv\), YYYY-MM-DD is allowed/,
  ],
  'a wrong date': [
    ({ messages, orderBook, log }) => [messages, orderBook, '-o', log, '--date', '2012-02-30'],
    /date: is not a day \(2012-02-30\)/,
  ],
  'times in the wrong order': [
    ({ messages, orderBook, log }) => [messages, orderBook, '-o', log, '--from', '9', '--to', '8'],
    /--to: is not after --from \(8\), more than 9 is allowed/,
  ],
  'a time that is none': [
    ({ messages, orderBook, log }) => [messages, orderBook, '-o', log, '--from', 'noon'],
    /--from: is not a time of day \(noon\)/,
  ],
  'a wrong tick': [
    ({ messages, orderBook, log }) => [messages, orderBook, '-o', log, '--tick', '0'],
    /--tick: is not a price increment \(0\)/,
  ],
  'no output': [
    ({ messages, orderBook }) => [messages, orderBook],
    /required option '-o, --output <log>' not specified/,
  ],
};
for (const [name, [args, message]] of Object.entries(bad)) {
  test(`exit 2: ${name}`, (t) => {
    const at = files();
    const { status, stderr } = run('lobster', ...args(at));
    t.regex(stderr, message);
    t.is(status, 2);
    t.false(existsSync(at.log));
  });
}
