/**
 * Seeded randomness, and the only file that may make any.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded through SHA-256 of a path of labels, so that
 * `Random.of(7, 'agents', 'noise')` and `Random.of(7, 'agents', 'informed')` are independent streams and adding one
 * moves no other.
 */
import { createHash } from 'node:crypto';

export class Random {
  readonly #s: Uint32Array;

  private constructor(state: Uint32Array) {
    this.#s = state;
  }

  /** The stream named by `path`; the same path gives the same stream on any machine. */
  static of(...path: (string | number)[]): Random {
    const digest = createHash('sha256').update(JSON.stringify(path)).digest();
    const state = new Uint32Array(4);
    for (let i = 0; i < 4; i++) state[i] = digest.readUInt32LE(4 * i);
    const random = new Random(state);
    for (let i = 0; i < 12; i++) random.u32();
    return random;
  }

  /** Continues from what `state()` returned. */
  static restore(state: readonly number[]): Random {
    if (state.length !== 4) throw new RangeError(`random state has ${state.length} words, exactly 4 are allowed`);
    return new Random(Uint32Array.from(state));
  }

  state(): number[] {
    return [...this.#s];
  }

  /** Uniform 32-bit unsigned integer. */
  u32(): number {
    const s = this.#s;
    const t = (s[0] + s[1] + s[3]) >>> 0;
    s[3] = s[3] + 1;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + t;
    return t;
  }

  /** Uniform in [0, 1), 53 bits. */
  float(): number {
    return ((this.u32() >>> 5) * 67108864 + (this.u32() >>> 6)) / 9007199254740992;
  }

  /** Uniform integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.float() * n);
  }

  /** Standard normal, by Box–Muller; one of the pair is dropped so that the state is the whole story. */
  gaussian(): number {
    return Math.sqrt(-2 * Math.log(1 - this.float())) * Math.cos(2 * Math.PI * this.float());
  }

  /** Exponential with the given rate (mean 1 / rate). */
  exponential(rate: number): number {
    return -Math.log(1 - this.float()) / rate;
  }

  bernoulli(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('cannot pick from an empty list');
    return items[this.integer(items.length)] as T;
  }
}
