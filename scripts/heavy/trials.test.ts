import { readFileSync } from 'node:fs';
import test from 'ava';

interface Trial {
  readonly world: string;
  readonly seed: number;
  readonly refused: boolean;
  readonly code: string;
}

const trials = readFileSync(new URL('trials.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Trial);

const refused = test.macro((t, world: string) => {
  const here = trials.filter((trial) => trial.world === world);
  t.deepEqual(
    here.map(({ seed }) => seed).sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  t.is(new Set(here.map(({ code }) => code)).size, 1);
  t.true(here.filter((trial) => trial.refused).length >= 95);
});
test('of a hundred seeds without informed agents at least 95 were refused, by one code', refused, 'informed-off');
test('of a hundred seeds with shuffled labels at least 95 were refused, by one code', refused, 'shuffled');
