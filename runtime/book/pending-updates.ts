import type { MarketData } from '../fix/market-data.ts';

/** Most entries kept for one book; a feed that brings more before its snapshot has lost the race anyway. */
const MOST = 1 << 16;

/**
 * Numbered entries of one book that came while it waited for a snapshot, in order. Allocates only here, where nothing is
 * in a hurry: a book that never misses an update never has one.
 */
export class PendingUpdates {
  count = 0;
  /** More came than are kept: a snapshot from before the last one cannot be continued. */
  overflowed = false;
  rptSeq = new Int32Array(64);
  action = new Uint8Array(64);
  entryType = new Uint8Array(64);
  priceTicks = new Int32Array(64);
  quantityLots = new Float64Array(64);
  /** Event time of the latest. */
  timeUs = 0;

  push(m: MarketData, i: number): void {
    if (this.count === MOST) {
      this.clear();
      this.overflowed = true;
    }
    if (this.count === this.rptSeq.length) this.#grow();
    const at = this.count++;
    this.rptSeq[at] = m.rptSeq[i];
    this.action[at] = m.action[i];
    this.entryType[at] = m.entryType[i];
    this.priceTicks[at] = m.priceTicks[i];
    this.quantityLots[at] = m.quantityLots[i];
    this.timeUs = m.timeUs;
  }

  clear(): void {
    this.count = 0;
    this.overflowed = false;
  }

  #grow(): void {
    const size = 2 * this.rptSeq.length;
    this.rptSeq = copied(this.rptSeq, new Int32Array(size));
    this.action = copied(this.action, new Uint8Array(size));
    this.entryType = copied(this.entryType, new Uint8Array(size));
    this.priceTicks = copied(this.priceTicks, new Int32Array(size));
    this.quantityLots = copied(this.quantityLots, new Float64Array(size));
  }
}

function copied<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
