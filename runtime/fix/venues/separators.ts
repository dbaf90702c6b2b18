/** How a file writes the end of a field. `summed` is the separator that its CheckSums were computed over. */
export interface Separator {
  readonly text: '\x01' | '|' | '^A';
  readonly summed: number;
}

const SOH = 1;
const PIPE = 124;
const CARET = 94;
const LETTER_A = 65;
/** What a sound first message takes at most. */
export const HEAD_BYTES = 1 << 20;

/**
 * The separator of a file, from its first message; SOH when none can be made out. Some tools compute CheckSum over the
 * `|` that they print: where the first message proves that, all are held to it.
 *
 * @param head the beginning of the file, `HEAD_BYTES` or all of it
 * @param beginTag the tag that messages begin with
 */
export function separatorOf(head: Uint8Array, beginTag: number): Separator {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  const begin = new RegExp(`(?<![0-9])${beginTag}=[A-Z0-9.]+(\\x01|\\||\\^A)9=`).exec(text);
  const separator = begin?.[1];
  if (separator === '^A') return { text: '^A', summed: SOH };
  if (begin === null || separator !== '|') return { text: '\x01', summed: SOH };
  const trailer = /\|10=(\d{3})\|/.exec(text.slice(begin.index));
  if (trailer === null) return { text: '|', summed: SOH };
  let sum = 0;
  const message = text.slice(begin.index, begin.index + trailer.index + 1);
  for (let at = 0; at < message.length; at++) sum += message.charCodeAt(at);
  return { text: '|', summed: sum % 256 === Number(trailer[1]) ? PIPE : SOH };
}

/** A file's bytes with SOH in the place of its separator; and where in the file a byte of the result stood. */
export class SeparatorFilter {
  readonly #text: Separator['text'];
  /** A `^` at the end of the last chunk. */
  #caret = false;
  #written = 0;
  /** Positions in the result after which the file is one byte ahead, those not asked about yet. */
  #shortened: number[] = [];
  #ahead = 0;

  constructor(separator: Separator) {
    this.#text = separator.text;
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#text === '\x01') return chunk;
    if (this.#text === '|') return chunk.map((byte) => (byte === PIPE ? SOH : byte));
    const out = new Uint8Array(chunk.length + 1);
    let length = 0;
    for (const byte of chunk) {
      if (this.#caret) {
        this.#caret = false;
        if (byte === LETTER_A) {
          this.#shortened.push(this.#written + length);
          out[length++] = SOH;
          continue;
        }
        out[length++] = CARET;
      }
      if (byte === CARET) this.#caret = true;
      else out[length++] = byte;
    }
    this.#written += length;
    return out.subarray(0, length);
  }

  /** Where in the file the byte `offset` of the result stood; offsets are asked for in ascending order. */
  offsetInFile(offset: number): number {
    let passed = 0;
    while (passed < this.#shortened.length && (this.#shortened[passed] as number) < offset) passed++;
    if (passed > 0) this.#shortened = this.#shortened.slice(passed);
    this.#ahead += passed;
    return offset + this.#ahead;
  }
}
