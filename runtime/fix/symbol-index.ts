import type { InstrumentTable } from '../instrument.ts';
import { DecimalScale } from './decimal.ts';

/** Finds an instrument by the bytes of its symbol, without making a string; and knows the scales of its numbers. */
export class SymbolIndex {
  /** By instrument id. */
  readonly prices: readonly DecimalScale[];
  readonly quantities: readonly DecimalScale[];
  readonly #symbols: readonly Uint8Array[];
  /** Open addressing over a hash of the bytes: instrument id + 1, 0 for a free place. */
  readonly #places: Int32Array;
  #last = 0;

  constructor(instruments: InstrumentTable) {
    this.prices = instruments.list.map((instrument) => new DecimalScale(instrument.tickSize));
    this.quantities = instruments.list.map((instrument) => new DecimalScale(instrument.lotSize));
    this.#symbols = instruments.list.map((instrument) => Uint8Array.from(Buffer.from(instrument.symbol, 'latin1')));
    let size = 16;
    while (size < this.#symbols.length * 4) size *= 2;
    this.#places = new Int32Array(size);
    this.#symbols.forEach((symbol, id) => {
      let place = hash(symbol, 0, symbol.length) & (size - 1);
      while (this.#places[place] !== 0) place = (place + 1) & (size - 1);
      this.#places[place] = id + 1;
    });
  }

  /** The instrument's id, or −1. */
  idAt(bytes: Uint8Array, from: number, to: number): number {
    if (this.#is(this.#last, bytes, from, to)) return this.#last;
    const mask = this.#places.length - 1;
    let place = hash(bytes, from, to) & mask;
    while (this.#places[place] !== 0) {
      const id = this.#places[place] - 1;
      if (this.#is(id, bytes, from, to)) {
        this.#last = id;
        return id;
      }
      place = (place + 1) & mask;
    }
    return -1;
  }

  #is(id: number, bytes: Uint8Array, from: number, to: number): boolean {
    const symbol = this.#symbols[id];
    if (symbol === undefined || symbol.length !== to - from) return false;
    for (let i = 0; i < symbol.length; i++) if (symbol[i] !== bytes[from + i]) return false;
    return true;
  }
}

function hash(bytes: Uint8Array, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let at = from; at < to; at++) value = Math.imul(value ^ bytes[at], 0x01000193);
  return value ^ (value >>> 15);
}
