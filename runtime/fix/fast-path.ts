import type { InstrumentTable } from '../instrument.ts';
import { MARKET_DATA_BYTES, type MarketData } from './market-data.ts';
import { INITIAL_BYTES, type MessageBuffer } from './message-buffer.ts';
import type { MessageHeader } from './message-header.ts';
import { dataTagOf, isHeaderTag, isTrailerTag } from './tags.ts';
import { TimestampCodec } from './timestamp.ts';
import { instantiate } from './wasm/instance.ts';
import { Memory, type WasmMemory } from './wasm/webassembly.ts';

/** Memory as `assembly/decode.ts` has it: a scratch, the header block, traits of tags, symbols; then what is laid out here. */
const SCRATCH = 512;
const HEADER = 1024;
const TRAITS = 2048;
const TRAIT_TAGS = 2048;
const SYMBOLS = 4096;
const SYMBOL_BYTES = 128;
/** In a symbol's row: its scales, the factor of whole sizes, and the words of its prices' shape. */
const PRICE_SCALE = 24;
const SIZE_SCALE = 40;
const SIZE_FACTOR = 56;
const PRICE_SHAPE = 64;
const SHAPE_BYTES = 40;
/** Seven digits times the factor are exact. */
const FACTOR_DECIMALS = 8;
const SYMBOL_TEXT_BYTES = 16;
const PAGE_BYTES = 1 << 16;

/** Loads of eight bytes may reach this far over the end. */
const SLACK_BYTES = 64;
const DAY_US = 86_400_000_000;
/** Tags that mean something in the body of an X: a field that is stepped over is none of them. */
const MEANINGFUL = [55, 83, 268, 269, 270, 271, 279];

/**
 * W and X messages of the usual shape, read by WebAssembly in the memory that received them: the framing, the checksum and
 * every check included. Anything else is left to the generic path, with nothing done.
 */
export class FastPath implements MessageBuffer {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly #memory: WasmMemory;
  readonly #wasm: ReturnType<typeof instantiate>;
  readonly #inputAt: number;
  readonly #entriesAt: number;
  readonly #times = new TimestampCodec();
  #size = INITIAL_BYTES;
  #dayUs = Number.NaN;
  readonly #data: MarketData;
  #int32 = new Int32Array(0);
  #float64 = new Float64Array(0);
  #uint8 = new Uint8Array(0);

  /** @param data is filled in place: its arrays move into the memory */
  constructor(instruments: InstrumentTable, maxMessageBytes: number, data: MarketData) {
    this.#data = data;
    const { list } = instruments;
    let places = 16;
    while (places < list.length * 4) places *= 2;
    const placesAt = SYMBOLS + list.length * SYMBOL_BYTES;
    this.#entriesAt = placesAt + places * 4;
    this.#inputAt = this.#entriesAt + MARKET_DATA_BYTES;
    this.#memory = new Memory({ initial: pagesFor(this.#inputAt + INITIAL_BYTES) });
    this.#wasm = instantiate(this.#memory);
    this.#view();
    for (let tag = 0; tag < TRAIT_TAGS; tag++) {
      const stops = isHeaderTag(tag) || isTrailerTag(tag) || dataTagOf(tag) !== 0 || MEANINGFUL.includes(tag);
      this.#uint8[TRAITS + tag] = stops ? 1 : 0;
    }
    list.forEach(({ symbol, tickSize, lotSize }, id) => {
      this.#addSymbol(id, symbol, tickSize, lotSize, placesAt, places - 1);
    });
    this.#wasm.configure(maxMessageBytes, placesAt, places - 1, this.#entriesAt);
  }

  sum(from: number, to: number): number {
    return this.#wasm.sum(this.#inputAt + from, this.#inputAt + to);
  }

  grow(): void {
    this.#size *= 2;
    const pages = pagesFor(this.#inputAt + this.#size) - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (pages > 0) this.#memory.grow(pages);
    this.#view();
  }

  /** Reads the message at `bytes[start]`, if all of it is there. @returns its length, or 0 when it is for the generic path */
  read(start: number, end: number, header: MessageHeader): number {
    const data = this.#data;
    const inputAt = this.#inputAt;
    const length = this.#wasm.decode(inputAt + start, inputAt + end);
    if (length === 0) return 0;
    const int32 = this.#int32;
    const float64 = this.#float64;
    const block = HEADER >> 2;
    header.assign(int32[block], float64[(HEADER + 16) >> 3]);
    header.name(
      this.bytes,
      int32[block + 6] - inputAt,
      int32[block + 7] - inputAt,
      int32[block + 8] - inputAt,
      int32[block + 9] - inputAt,
    );
    data.snapshot = int32[block + 10] === 1;
    data.seqNum = int32[block];
    data.possDup = false;
    data.timeUs = float64[(HEADER + 8) >> 3];
    data.count = int32[block + 1];
    return length;
  }

  /** Messages of this time's day are read from now on; the generic path has read one. */
  expectDay(timeUs: number): void {
    const dayUs = Math.floor(timeUs / DAY_US) * DAY_US;
    if (dayUs === this.#dayUs || !Number.isSafeInteger(timeUs)) return;
    this.#dayUs = dayUs;
    this.#uint8.set(Buffer.from(this.#times.format(dayUs).slice(0, 8), 'latin1'), SCRATCH);
    this.#wasm.setDate(SCRATCH, dayUs);
  }

  /** A symbol longer than its row is left out: messages with it take the generic path. */
  #addSymbol(id: number, symbol: string, tickSize: string, lotSize: string, placesAt: number, mask: number): void {
    const row = SYMBOLS + id * SYMBOL_BYTES;
    if (symbol.length > SYMBOL_TEXT_BYTES) return;
    this.#uint8.set(Buffer.from(symbol, 'latin1'), row);
    this.#int32[(row + 16) >> 2] = symbol.length;
    this.#addScale(row + PRICE_SCALE, tickSize);
    const { decimals, mantissa } = this.#addScale(row + SIZE_SCALE, lotSize);
    const factor = mantissa === 1n && decimals <= FACTOR_DECIMALS ? 10n ** BigInt(decimals) : 0n;
    new BigInt64Array(this.#memory.buffer)[(row + SIZE_FACTOR) >> 3] = factor;
    // A shape that no text has.
    this.#uint8.fill(0xff, row + PRICE_SHAPE, row + PRICE_SHAPE + SHAPE_BYTES);
    let place = this.#wasm.hashOf(id) & mask;
    while (this.#int32[(placesAt >> 2) + place] !== 0) place = (place + 1) & mask;
    this.#int32[(placesAt >> 2) + place] = id + 1;
  }

  #addScale(at: number, increment: string): { decimals: number; mantissa: bigint } {
    const [whole = '', fraction = ''] = increment.split('.');
    const mantissa = BigInt(`${whole}${fraction}`);
    this.#int32[at >> 2] = fraction.length;
    new BigInt64Array(this.#memory.buffer)[(at + 8) >> 3] = mantissa;
    return { decimals: fraction.length, mantissa };
  }

  #view(): void {
    const { buffer } = this.#memory;
    this.#int32 = new Int32Array(buffer);
    this.#float64 = new Float64Array(buffer);
    this.#uint8 = new Uint8Array(buffer);
    this.bytes = new Uint8Array(buffer, this.#inputAt, this.#size);
    this.#data.use(buffer, this.#entriesAt);
  }
}

function pagesFor(bytes: number): number {
  return Math.ceil((bytes + SLACK_BYTES) / PAGE_BYTES);
}
