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

for (const world of ['informed-off', 'shuffled']) {
  test(`a hundred seeds where nothing can be learned, ${world}: at least 95 were refused, by one code`, (t) => {
    const here = trials.filter((trial) => trial.world === world);
    t.deepEqual(
      here.map(({ seed }) => seed).sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    t.is(new Set(here.map(({ code }) => code)).size, 1);
    t.true(here.filter(({ refused }) => refused).length >= 95);
  });
}
