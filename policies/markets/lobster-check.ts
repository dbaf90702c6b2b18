import { type LobsterMessage, type LobsterRow, NO_PRICE, TYPE } from './lobster-row.ts';
import { OrderCheck } from './order-check.ts';

export interface LobsterMismatch {
  /** Line in both files, counted from 1. */
  readonly line: number;
  readonly problem: string;
  readonly expected: string;
  readonly actual: string;
}

/**
 * Holds every row to the one before it and the message between them.
 *
 * What a message does to a window of depth follows from the window, but for the one level that a removal lets in from
 * outside: it is taken from the row and counted as revealed, never as a check. A revealed level must lie beyond all that
 * the previous row showed, and from then on it is predicted as any other. Resting orders are followed by their id as
 * far as the file shows them, executions must be at the best price and hidden ones within the spread, and time may not
 * run backwards: so that a wrong message is found although the rows agree with each other.
 */
export class LobsterCheck {
  /** Levels compared with a prediction. */
  checks = 0;
  /** Levels that entered from outside the window. */
  revealed = 0;
  mismatches = 0;
  firstMismatch: LobsterMismatch | undefined;
  readonly #levels: number;
  readonly #orders = new OrderCheck();
  readonly #predicted: Float64Array;
  #previous: LobsterRow | undefined;
  #timeUs = 0;

  constructor(levels: number) {
    this.#levels = levels;
    this.#predicted = new Float64Array(4 * levels);
  }

  /** `line`: where both stand, for the report. The first row is taken as it is. */
  next(line: number, message: LobsterMessage, row: LobsterRow): void {
    if (message.timeUs < this.#timeUs)
      this.#mismatch(line, 'time runs backwards', `${this.#timeUs} µs or later`, `${message.timeUs} µs`);
    this.#timeUs = message.timeUs;
    const order = this.#orders.next(message);
    if (order !== undefined) this.#mismatch(line, ...order);
    if (this.#previous !== undefined) this.#compare(line, message, this.#previous, row);
    this.#previous = row;
  }

  #compare(line: number, message: LobsterMessage, previous: LobsterRow, row: LobsterRow): void {
    this.#predicted.set(previous);
    const revealedAt = this.#apply(line, message);
    for (let level = 0; level < this.#levels; level++) {
      for (let at = 4 * level; at < 4 * level + 4; at += 2) {
        if (at === revealedAt) this.#compareRevealed(line, previous, row, at);
        else this.#compareLevel(line, row, at);
      }
    }
  }

  #compareLevel(line: number, row: LobsterRow, at: number): void {
    this.checks++;
    const expected = describe(this.#predicted, at);
    const actual = describe(row, at);
    if (expected !== actual) this.#mismatch(line, `${nameOf(at)} does not follow from the message`, expected, actual);
  }

  #compareRevealed(line: number, previous: LobsterRow, row: LobsterRow, at: number): void {
    this.revealed++;
    const sign = at % 4 === 0 ? 1 : -1;
    if (sign * (row[at] - previous[at]) > 0) return;
    this.#mismatch(line, `${nameOf(at)} enters the window inside it`, `beyond ${previous[at]}`, describe(row, at));
  }

  /** Turns the previous row into the predicted one. @returns where a level enters from outside, −1 for nowhere. */
  #apply(line: number, message: LobsterMessage): number {
    const side = message.direction === 1 ? 2 : 0;
    switch (message.type) {
      case TYPE.SUBMIT:
        this.#add(message, side);
        return -1;
      case TYPE.EXECUTE:
        if (message.price !== this.#predicted[side]) {
          this.#mismatch(line, 'execution away from the best price', `${this.#predicted[side]}`, `${message.price}`);
        }
        return this.#remove(line, message, side);
      case TYPE.PARTIAL_CANCEL:
      case TYPE.DELETE:
        return this.#remove(line, message, side);
      case TYPE.EXECUTE_HIDDEN: {
        const [ask, , bid] = this.#predicted as unknown as [number, number, number];
        if (message.price < bid || message.price > ask) {
          this.#mismatch(line, 'hidden execution outside the spread', `${bid} to ${ask}`, `${message.price}`);
        }
        return -1;
      }
      default:
        return -1;
    }
  }

  #add(message: LobsterMessage, side: number): void {
    const row = this.#predicted;
    const at = this.#find(message.price, side);
    if (at >= row.length) return;
    if (row[at] === message.price) {
      row[at + 1] += message.size;
      return;
    }
    for (let to = 4 * (this.#levels - 1) + side; to > at; to -= 4) {
      row[to] = row[to - 4];
      row[to + 1] = row[to - 3];
    }
    row[at] = message.price;
    row[at + 1] = message.size;
  }

  #remove(line: number, message: LobsterMessage, side: number): number {
    const row = this.#predicted;
    const at = this.#find(message.price, side);
    if (at >= row.length) return -1;
    if (row[at] !== message.price || row[at + 1] < message.size) {
      const there = row[at] === message.price ? row[at + 1] : 0;
      this.#mismatch(line, `removes more than is at ${message.price}`, `at most ${there}`, `${message.size}`);
      return -1;
    }
    row[at + 1] -= message.size;
    if (row[at + 1] > 0) return -1;
    const last = 4 * (this.#levels - 1) + side;
    // A side that did not fill the window has nothing outside it either.
    const revealedAt = row[last] === (side === 0 ? NO_PRICE : -NO_PRICE) ? -1 : last;
    for (let to = at; to < last; to += 4) {
      row[to] = row[to + 4];
      row[to + 1] = row[to + 5];
    }
    row[last] = side === 0 ? NO_PRICE : -NO_PRICE;
    row[last + 1] = 0;
    return revealedAt;
  }

  /** Where the price is, or belongs, on its side; at or past the row's end when it lies beyond the window. */
  #find(price: number, side: number): number {
    const row = this.#predicted;
    const sign = side === 0 ? 1 : -1;
    let at = side;
    while (at < row.length && sign * (row[at] - price) < 0) at += 4;
    return at;
  }

  #mismatch(line: number, problem: string, expected: string, actual: string): void {
    this.mismatches++;
    this.firstMismatch ??= { line, problem, expected, actual };
  }
}

function nameOf(at: number): string {
  return `${at % 4 === 0 ? 'ask' : 'bid'} level ${Math.floor(at / 4) + 1}`;
}

function describe(row: LobsterRow, at: number): string {
  return `${row[at + 1]} @ ${row[at]}`;
}
