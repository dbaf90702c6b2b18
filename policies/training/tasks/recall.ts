/** The tasks that sequence models are judged by: copying what mattered, and recalling what followed (Gu and Dao 2023). */
import { Random } from '../../../runtime/random.ts';
import type { Rows } from '../rows.ts';
import type { Task } from './task.ts';

const SYMBOLS = 4;
const TRAINING = 600;
const TEST = 120;

/** Fills one sequence: one-hot rows, and for the rows that are asked about the symbol that is right. */
type Sequence = (
  random: Random,
  tell: (row: number, token: number) => void,
  ask: (row: number, symbol: number) => void,
) => void;

function recall(name: string, asks: string, length: number, tokens: number, fill: Sequence) {
  return (seed: number): Task => {
    const rows = (part: string, count: number): Rows => {
      const random = Random.of(seed, 'recall', name, part);
      const x = new Float32Array(count * length * tokens);
      const y = new Float32Array(count * length * SYMBOLS).fill(Number.NaN);
      for (let i = 0; i < count; i++) {
        fill(
          random,
          (row, token) => {
            x[(i * length + row) * tokens + token] = 1;
          },
          (row, symbol) => {
            const at = (i * length + row) * SYMBOLS;
            y.fill(0, at, at + SYMBOLS);
            y[at + symbol] = 1;
          },
        );
      }
      return {
        features: tokens,
        horizons: SYMBOLS,
        x,
        y,
        segments: Array.from({ length: count }, (_, i) => i * length),
      };
    };
    return { name, asks, training: rows('training', TRAINING), test: rows('test', TEST), noise: null, classes: true };
  };
}

const COPIED = 4;
const COPY_LENGTH = 32;
const BLANK = SYMBOLS;
const GO = SYMBOLS + 1;

/** Four symbols stand anywhere among blanks; then, four times asked, they are to be said in their order. */
const selectiveCopy = recall(
  'selective-copy',
  'four symbols among blanks, in their order',
  COPY_LENGTH,
  SYMBOLS + 2,
  (random, tell, ask) => {
    const said = COPY_LENGTH - COPIED;
    const places = new Set<number>();
    while (places.size < COPIED) places.add(random.integer(said));
    const symbols: number[] = [];
    for (let row = 0; row < said; row++) {
      if (!places.has(row)) tell(row, BLANK);
      else {
        symbols.push(random.integer(SYMBOLS));
        tell(row, symbols.at(-1) as number);
      }
    }
    symbols.forEach((symbol, i) => {
      tell(said + i, GO);
      ask(said + i, symbol);
    });
  },
);

const INDUCTION_LENGTH = 32;
const MARK = SYMBOLS;

/** A mark stands somewhere and again at the end: what followed it the first time? */
const induction = recall(
  'induction',
  'what followed the mark when it came before',
  INDUCTION_LENGTH,
  SYMBOLS + 1,
  (random, tell, ask) => {
    const mark = random.integer(INDUCTION_LENGTH - 3);
    let followed = 0;
    for (let row = 0; row < INDUCTION_LENGTH - 1; row++) {
      if (row === mark) tell(row, MARK);
      else {
        const symbol = random.integer(SYMBOLS);
        if (row === mark + 1) followed = symbol;
        tell(row, symbol);
      }
    }
    tell(INDUCTION_LENGTH - 1, MARK);
    ask(INDUCTION_LENGTH - 1, followed);
  },
);

export const RECALL = { selectiveCopy, induction } as const;
