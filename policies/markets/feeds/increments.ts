/** Finds the increment that a set of decimal texts are whole multiples of: 1, 2 or 5 times a power of ten. */
export class IncrementFinder {
  /** Most decimals written, trailing zeros included: the width in which the venue prints the number. */
  decimalsWritten = 0;
  /** Decimals of the finest number; negative when all are multiples of ten. */
  #decimals = Number.NEGATIVE_INFINITY;
  #allFive = true;
  #allEven = true;

  /** @returns false when the text is no plain decimal number; zeros say nothing. */
  add(text: string): boolean {
    if (!/^-?\d{1,15}(\.\d{1,12})?$/.test(text)) return false;
    const point = text.indexOf('.');
    const written = point < 0 ? 0 : text.length - point - 1;
    if (written > this.decimalsWritten) this.decimalsWritten = written;
    let last = text.length - 1;
    while (last >= 0 && (text[last] === '0' || text[last] === '.')) last--;
    if (last < 0 || text[last] === '-') return true;
    // Places right of the point of the last digit that is not zero.
    const decimals = point < 0 ? last - text.length + 1 : last > point ? last - point : last - point + 1;
    if (decimals < this.#decimals) return true;
    if (decimals > this.#decimals) {
      this.#decimals = decimals;
      this.#allFive = true;
      this.#allEven = true;
    }
    const digit = text.charCodeAt(last) - 48;
    if (digit !== 5) this.#allFive = false;
    if (digit % 2 !== 0) this.#allEven = false;
    return true;
  }

  /** The increment as decimal text; undefined when nothing but zeros was seen. */
  increment(): string | undefined {
    const decimals = this.#decimals;
    if (decimals === Number.NEGATIVE_INFINITY) return undefined;
    const unit = this.#allFive ? '5' : this.#allEven ? '2' : '1';
    if (decimals <= 0) return unit + '0'.repeat(-decimals);
    return `0.${'0'.repeat(decimals - 1)}${unit}`;
  }
}
