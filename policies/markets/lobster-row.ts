/**
 * LOBSTER's two files, line by line (lobsterdata.com): messages `time, type, orderId, size, price, direction` and, on
 * the same line number, the order book after it: `askPrice, askSize, bidPrice, bidSize` per level. Prices are USD × 10⁴.
 */

export const TYPE = {
  SUBMIT: 1,
  PARTIAL_CANCEL: 2,
  DELETE: 3,
  EXECUTE: 4,
  EXECUTE_HIDDEN: 5,
  CROSS_TRADE: 6,
  HALT: 7,
} as const;

/** What a level that is not there is written as, negated on the bid side; its size is 0. */
export const NO_PRICE = 9_999_999_999;

export interface LobsterMessage {
  /** Microseconds after midnight, local to the exchange; finer digits are cut. */
  readonly timeUs: number;
  readonly type: number;
  readonly orderId: string;
  readonly size: number;
  /** USD × 10⁴. */
  readonly price: number;
  /** Of the resting order: +1 a bid, −1 an ask. */
  readonly direction: 1 | -1;
}

/** askPrice, askSize, bidPrice, bidSize of level 1, then of level 2 … */
export type LobsterRow = Float64Array;

const MESSAGE = /^(\d{1,6})(?:\.(\d{1,15}))?,([1-7]),(\d{1,20}),(\d{1,9}),(-?\d{1,10}),(1|-1)$/;

/** @returns undefined when the line is not a message. */
export function parseMessage(line: string): LobsterMessage | undefined {
  const match = MESSAGE.exec(line);
  if (match === null) return undefined;
  const [, seconds, fraction = '', type, orderId, size, price, direction] = match as unknown as string[];
  const type_ = Number(type);
  if (type_ <= TYPE.CROSS_TRADE && (Number(size) === 0 || Number(price) <= 0)) return undefined;
  return {
    timeUs: Number(seconds) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0')),
    type: type_,
    orderId: orderId as string,
    size: Number(size),
    price: Number(price),
    direction: direction === '1' ? 1 : -1,
  };
}

/** @returns undefined when the line is not a row of `levels` levels, sorted and uncrossed. */
export function parseRow(line: string, levels: number): LobsterRow | undefined {
  const fields = line.split(',');
  if (fields.length !== 4 * levels) return undefined;
  const row = new Float64Array(fields.length);
  for (let i = 0; i < fields.length; i++) {
    if (!/^-?\d{1,10}$/.test(fields[i] as string)) return undefined;
    row[i] = Number(fields[i]);
  }
  return isSound(row, levels) ? row : undefined;
}

function isSound(row: LobsterRow, levels: number): boolean {
  if (row[0] <= row[2]) return false;
  for (let level = 0; level < levels; level++) {
    for (const side of [0, 2]) {
      const at = 4 * level + side;
      const sign = side === 0 ? 1 : -1;
      const absent = row[at] === sign * NO_PRICE;
      if (absent !== (row[at + 1] === 0) || row[at + 1] < 0) return false;
      if (!absent && row[at] <= 0) return false;
      if (level > 0 && !absent && sign * (row[at] - row[at - 4]) <= 0) return false;
      if (level > 0 && !absent && row[at - 3] === 0) return false;
    }
  }
  return true;
}
