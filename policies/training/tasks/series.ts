/** Price series with a known structure; a label is the next return, made of what was seen plus noise. */
import { Random } from '../../../runtime/random.ts';
import { rowsFrom, type Task } from './task.ts';

const ROWS = 48 * 256;
const NOISE = 0.6;

/** A row's state-keeping maker: writes the features, returns the label's mean. */
type Maker = (random: Random, x: Float32Array) => number;

interface Form {
  readonly features: number;
  /** Rows of a segment. @default 256 */
  readonly length?: (random: Random) => number;
  readonly recipe?: Task['recipe'];
}

function series(name: string, asks: string, { features, length = () => 256, recipe }: Form, start: () => Maker) {
  return (seed: number): Task => {
    const rows = (part: string, count: number) => {
      const random = Random.of(seed, 'series', name, part);
      const lengths: number[] = [];
      for (let made = 0; made < count; made += lengths.at(-1) as number) lengths.push(length(random));
      return rowsFrom(lengths, features, 1, () => {
        const make = start();
        return (x, y) => {
          y[0] = make(random, x) + NOISE * random.gaussian();
        };
      });
    };
    return {
      name,
      asks,
      training: rows('training', ROWS),
      test: rows('test', ROWS / 2),
      noise: NOISE ** 2,
      classes: false,
      ...(recipe === undefined ? {} : { recipe }),
    };
  };
}

/** Each return leans on the two before. */
const autoregressive = series('autoregressive', 'the last two returns, weighed', { features: 2 }, () => {
  let last = 0;
  let before = 0;
  return (random, x) => {
    const next = 0.5 * last + 0.3 * before + 0.7 * random.gaussian();
    [last, before] = [next, last];
    x[0] = last;
    x[1] = random.gaussian();
    return 0.5 * last + 0.6 * before;
  };
});

/** A signal is followed or faded, depending on a regime that shows only in what followed earlier signals. */
const regimes = series('regimes', 'which of two regimes holds, from how signals turned out', { features: 3 }, () => {
  let regime = 1;
  let before = 0;
  return (random, x) => {
    if (random.bernoulli(0.02)) regime = -regime;
    const signal = random.gaussian();
    x[0] = signal;
    x[1] = before;
    x[2] = regime * before + 0.7 * random.gaussian();
    before = signal;
    return 0.8 * regime * signal;
  };
});

/** Flow that is remembered over many scales at once, as orders cut into pieces leave it. */
const longMemory = series('long-memory', 'flow over four, thirty and two hundred rows', { features: 2 }, () => {
  const sums = [0, 0, 0];
  const spans = [4, 32, 256];
  return (random, x) => {
    const flow = random.gaussian();
    x[0] = flow;
    x[1] = random.gaussian();
    let mean = 0;
    spans.forEach((span, i) => {
      const kept = 1 - 1 / span;
      sums[i] = kept * (sums[i] as number) + flow * Math.sqrt(1 - kept * kept);
      mean += 0.5 * (sums[i] as number);
    });
    return mean;
  };
});

/** From two rows to thirty-two, each doubling as likely as another. */
const shortAndLong = (random: Random) => Math.round(2 * 16 ** random.float());

/**
 * Whether an even or odd number of trades has come so far decides the sign: to be counted, not summed. Segments are of many
 * lengths, for a block that learns to count does so from few trades on.
 */
const parity = series(
  'parity',
  'whether the number of trades so far is even',
  { features: 2, length: shortAndLong, recipe: { learningRate: 1e-2, shape: { batch: 64, length: 32 } } },
  () => {
    let sign = 1;
    return (random, x) => {
      const trade = random.bernoulli(0.25);
      if (trade) sign = -sign;
      x[0] = trade ? 1 : -1;
      x[1] = random.gaussian();
      return 0.9 * sign;
    };
  },
);

/** A move counts when it goes the way of the last one, and against it otherwise. */
const confirmation = series('confirmation', 'the product of a move and the one before', { features: 2 }, () => {
  let before = 0;
  return (random, x) => {
    const move = random.gaussian();
    const product = move * before;
    x[0] = move;
    x[1] = random.gaussian();
    before = move;
    return 0.7 * product;
  };
});

const STREAMS = 7;
const SPAN = 16;

/**
 * Trades of seven instruments come by turns; the next return of the one that trades leans on its own recent flow. The row that
 * is asked is the one that says which memory is meant: it has to be looked up at once.
 */
const interleaved = series(
  'interleaved',
  'the recent flow of the instrument that trades now',
  { features: STREAMS + 1 },
  () => {
    const kept = 1 - 1 / SPAN;
    const flows = new Float64Array(STREAMS);
    // About unit variance: each instrument has one row of seven.
    const unit = Math.sqrt(STREAMS * (1 - kept * kept));
    return (random, x) => {
      const instrument = random.integer(STREAMS);
      const flow = random.gaussian();
      for (let i = 0; i < STREAMS; i++) {
        flows[i] = kept * (flows[i] as number);
        x[i] = i === instrument ? 1 : 0;
      }
      x[STREAMS] = flow;
      const mean = 0.9 * unit * (flows[instrument] as number);
      flows[instrument] = (flows[instrument] as number) + flow;
      return mean;
    };
  },
);

/** Series with a known structure, by name; a task is a function of its seed. */
export const SERIES = { autoregressive, regimes, longMemory, parity, confirmation, interleaved } as const;
