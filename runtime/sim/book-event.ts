/** +1: a buy, a bid; −1: a sell, an offer. */
export type Sign = 1 | -1;

/**
 * What one command did to one book: level totals that changed, trades, orders that left by self-match prevention.
 * One object per book, cleared by the next command; valid inside the callback only.
 */
export class BookEvent {
  symbolId = 0;
  timeUs = 0;

  /** Each side and price once, in the order they were first touched. */
  levelCount = 0;
  levelSign = new Int8Array(64);
  levelPriceTicks = new Int32Array(64);
  /** New total of the level, lots; 0 when it is gone. */
  levelLots = new Int32Array(64);

  tradeCount = 0;
  tradePriceTicks = new Int32Array(64);
  tradeLots = new Int32Array(64);
  tradeMakerOrder = new Float64Array(64);
  tradeMakerOwner = new Int32Array(64);
  /** The taker is one order: all trades of an event share it and its sign. */
  takerOrder = 0;
  takerOwner = 0;
  takerSign: Sign = 1;

  /** Resting orders cancelled because their own owner would have traded with them. */
  preventedCount = 0;
  preventedOrder = new Float64Array(64);
  preventedOwner = new Int32Array(64);

  clear(timeUs: number): void {
    this.timeUs = timeUs;
    this.levelCount = 0;
    this.tradeCount = 0;
    this.preventedCount = 0;
  }

  level(sign: Sign, priceTicks: number, lots: number): void {
    // The newest entries are the likely ones: matching touches one level many times in a row.
    for (let i = this.levelCount - 1; i >= 0; i--) {
      if (this.levelPriceTicks[i] === priceTicks && this.levelSign[i] === sign) {
        this.levelLots[i] = lots;
        return;
      }
    }
    if (this.levelCount === this.levelLots.length) {
      this.levelSign = doubled(this.levelSign, Int8Array);
      this.levelPriceTicks = doubled(this.levelPriceTicks, Int32Array);
      this.levelLots = doubled(this.levelLots, Int32Array);
    }
    this.levelSign[this.levelCount] = sign;
    this.levelPriceTicks[this.levelCount] = priceTicks;
    this.levelLots[this.levelCount] = lots;
    this.levelCount++;
  }

  trade(priceTicks: number, lots: number, makerOrder: number, makerOwner: number): void {
    if (this.tradeCount === this.tradeLots.length) {
      this.tradePriceTicks = doubled(this.tradePriceTicks, Int32Array);
      this.tradeLots = doubled(this.tradeLots, Int32Array);
      this.tradeMakerOrder = doubled(this.tradeMakerOrder, Float64Array);
      this.tradeMakerOwner = doubled(this.tradeMakerOwner, Int32Array);
    }
    this.tradePriceTicks[this.tradeCount] = priceTicks;
    this.tradeLots[this.tradeCount] = lots;
    this.tradeMakerOrder[this.tradeCount] = makerOrder;
    this.tradeMakerOwner[this.tradeCount] = makerOwner;
    this.tradeCount++;
  }

  prevented(order: number, owner: number): void {
    if (this.preventedCount === this.preventedOwner.length) {
      this.preventedOrder = doubled(this.preventedOrder, Float64Array);
      this.preventedOwner = doubled(this.preventedOwner, Int32Array);
    }
    this.preventedOrder[this.preventedCount] = order;
    this.preventedOwner[this.preventedCount] = owner;
    this.preventedCount++;
  }

  /** Lots that the taker bought (positive) or sold. */
  signedLots(): number {
    let lots = 0;
    for (let i = 0; i < this.tradeCount; i++) lots += this.tradeLots[i];
    return this.takerSign * lots;
  }
}

function doubled<T extends Int8Array | Int32Array | Float64Array>(from: T, type: new (size: number) => T): T {
  const into = new type(2 * from.length);
  into.set(from);
  return into;
}
