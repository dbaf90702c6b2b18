import { ENTRY, type MarketData } from '../fix/market-data.ts';

/**
 * A decoded market log in columns: about 20 bytes an entry, so that a whole day of a busy symbol is a few tens of
 * megabytes and replaying it reads memory in order. Messages keep their order; PossDup repeats are dropped; an entry of
 * a type that no book needs, or of a symbol that is not configured, is dropped.
 */
export class Recording {
  /** Messages kept. */
  messages = 0;
  #entries = 0;
  #timeUs = new Float64Array(1024);
  #snapshot = new Uint8Array(1024);
  /** Index of each message's first entry; one more than there are messages. */
  #first = new Int32Array(1025);
  #symbolId = new Int16Array(4096);
  #entryType = new Uint8Array(4096);
  #deleted = new Uint8Array(4096);
  #priceTicks = new Int32Array(4096);
  #lots = new Int32Array(4096);
  #aggressor = new Int8Array(4096);

  append(message: MarketData): void {
    if (message.possDup) return;
    if (this.messages === this.#timeUs.length) this.#growMessages();
    for (let i = 0; i < message.count; i++) {
      const type = message.entryType[i] as number;
      const symbolId = message.symbolId[i] as number;
      if (type === ENTRY.OTHER || symbolId < 0) continue;
      if (this.#entries === this.#symbolId.length) this.#growEntries();
      const at = this.#entries++;
      this.#symbolId[at] = symbolId;
      this.#entryType[at] = type;
      this.#deleted[at] = message.action[i] === 2 ? 1 : 0;
      this.#priceTicks[at] = message.priceTicks[i] as number;
      this.#lots[at] = message.quantityLots[i] as number;
      this.#aggressor[at] = message.aggressor[i] as number;
    }
    this.#timeUs[this.messages] = message.timeUs;
    this.#snapshot[this.messages] = message.snapshot ? 1 : 0;
    this.messages++;
    this.#first[this.messages] = this.#entries;
  }

  timeUs(message: number): number {
    return this.#timeUs[message] as number;
  }
  isSnapshot(message: number): boolean {
    return this.#snapshot[message] === 1;
  }
  firstEntry(message: number): number {
    return this.#first[message] as number;
  }
  /** One past the message's last entry. */
  endEntry(message: number): number {
    return this.#first[message + 1] as number;
  }
  symbolId(entry: number): number {
    return this.#symbolId[entry] as number;
  }
  entryType(entry: number): number {
    return this.#entryType[entry] as number;
  }
  priceTicks(entry: number): number {
    return this.#priceTicks[entry] as number;
  }
  /** Lots shown or traded; 0 for a deleted level. */
  lots(entry: number): number {
    return this.#deleted[entry] === 1 ? 0 : (this.#lots[entry] as number);
  }
  /** +1 the buyer was the aggressor, −1 the seller, 0 unknown. */
  aggressor(entry: number): number {
    return this.#aggressor[entry] as number;
  }

  #growMessages(): void {
    this.#timeUs = doubled(this.#timeUs, new Float64Array(2 * this.messages));
    this.#snapshot = doubled(this.#snapshot, new Uint8Array(2 * this.messages));
    this.#first = doubled(this.#first, new Int32Array(2 * this.messages + 1));
  }

  #growEntries(): void {
    const size = 2 * this.#entries;
    this.#symbolId = doubled(this.#symbolId, new Int16Array(size));
    this.#entryType = doubled(this.#entryType, new Uint8Array(size));
    this.#deleted = doubled(this.#deleted, new Uint8Array(size));
    this.#priceTicks = doubled(this.#priceTicks, new Int32Array(size));
    this.#lots = doubled(this.#lots, new Int32Array(size));
    this.#aggressor = doubled(this.#aggressor, new Int8Array(size));
  }
}

function doubled<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
