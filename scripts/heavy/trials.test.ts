import { readFileSync } from 'node:fs';
import test from 'ava';

interface Trial {
  readonly world: string;
  readonly seed: number;
  readonly refused: boolean;
  readonly code: string;
}

function read<T>(name: string): T[] {
  const lines = readFileSync(new URL(name, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as T);
}

const trials = read<Trial>('trials.jsonl');

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

test('ten million mutants cost no neighbour, and the two paths agree on those made here, by one code', (t) => {
  const batches = read<{ batch: number; mutants: number; problem: string | null; code: string }>('mutants.jsonl');
  t.deepEqual(
    batches.map(({ batch }) => batch),
    batches.map((_, i) => i),
  );
  t.true(batches.reduce((sum, { mutants }) => sum + mutants, 0) >= 10_000_000);
  t.true(batches.every(({ problem }) => problem === null));
  t.is(new Set(batches.map(({ code }) => code)).size, 1);
});
