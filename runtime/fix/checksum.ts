/**
 * Sum of bytes modulo 256, four bytes a step: the two 16-bit lanes of an accumulator each take two bytes of a word, and
 * 128 words (128 × 2 × 255 < 2^16) is what a lane holds without spilling into its neighbour.
 */
export class ByteSum {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;

  /** @param bytes a view that starts at offset 0 of its buffer */
  constructor(bytes: Uint8Array) {
    if (bytes.byteOffset !== 0) throw new RangeError(`byte offset is ${bytes.byteOffset}, only 0 is allowed`);
    this.#bytes = bytes;
    this.#words = new Int32Array(bytes.buffer as ArrayBuffer, 0, bytes.byteLength >> 2);
  }

  of(from: number, to: number): number {
    const bytes = this.#bytes;
    const words = this.#words;
    let sum = 0;
    let at = from;
    while (at < to && (at & 3) !== 0) sum += bytes[at++];
    let word = at >> 2;
    const lastWord = to >> 2;
    while (word < lastWord) {
      const blockEnd = Math.min(lastWord, word + 128);
      let lanes = 0;
      for (; word < blockEnd; word++) {
        const four = words[word];
        lanes = (lanes + (four & 0x00ff00ff) + ((four >>> 8) & 0x00ff00ff)) | 0;
      }
      sum += (lanes & 0xffff) + (lanes >>> 16);
    }
    if (word << 2 > at) at = word << 2;
    while (at < to) sum += bytes[at++];
    return sum & 0xff;
  }
}
