/** What the tags of FIX 4.x and 5.0 mean to a decoder that has no dictionary: header, trailer, and length-prefixed data. */

const HEADER = [
  8, 9, 34, 35, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145, 212, 213, 347, 369,
  370, 627, 628, 629, 630, 1128, 1129, 1156,
];
const HOPS = new Set([627, 628, 629, 630]);
const TRAILER = [10, 89, 93];

/** Length tag → the data tag that must follow it and may hold SOH. */
const DATA_AFTER: readonly (readonly [number, number])[] = [
  [90, 91],
  [93, 89],
  [95, 96],
  [212, 213],
  [348, 349],
  [350, 351],
  [352, 353],
  [354, 355],
  [356, 357],
  [358, 359],
  [360, 361],
  [362, 363],
  [364, 365],
  [445, 446],
  [618, 619],
  [621, 622],
];

const TABLE = 2048;
const HEADER_BIT = 1;
const ONCE_BIT = 2;
const TRAILER_BIT = 4;
const traits = new Uint8Array(TABLE);
const dataTags = new Uint16Array(TABLE);
for (const tag of HEADER) traits[tag] = HOPS.has(tag) ? HEADER_BIT : HEADER_BIT | ONCE_BIT;
for (const tag of TRAILER) traits[tag] = TRAILER_BIT;
for (const [length, data] of DATA_AFTER) dataTags[length] = data;

export function isHeaderTag(tag: number): boolean {
  return tag < TABLE && (traits[tag] & HEADER_BIT) !== 0;
}

/** A header field that may occur once only; hops are a repeating group. */
export function isSingleHeaderTag(tag: number): boolean {
  return tag < TABLE && (traits[tag] & ONCE_BIT) !== 0;
}

export function isTrailerTag(tag: number): boolean {
  return tag < TABLE && (traits[tag] & TRAILER_BIT) !== 0;
}

/** The data tag announced by a length tag, or 0. */
export function dataTagOf(tag: number): number {
  return tag < TABLE ? dataTags[tag] : 0;
}

/** Order-entry messages have none of these inside a repeating group, so a second one is a defect. */
const SINGLE_IN_ORDERS = new Set([6, 11, 14, 17, 31, 32, 37, 38, 39, 40, 41, 44, 54, 55, 59, 60, 150, 151]);
const ORDER_MESSAGES = new Set(['8', '9', 'D', 'F', 'G', 'AF', 'q', 'r']);

export function mayRepeat(msgType: string, tag: number): boolean {
  return !ORDER_MESSAGES.has(msgType) || !SINGLE_IN_ORDERS.has(tag);
}
