import { assert } from '../assert.ts';

/** Slots are numbered below this; an order's id is `generation × SLOTS + slot`, so an id is never used twice. */
const SLOTS = 2 ** 20;

/**
 * Resting orders as struct-of-arrays with a free list: entering and leaving an order allocates nothing (the arrays
 * double when they are full). An order is named by its id; the slot it lives in is found without a lookup table.
 */
export class OrderPool {
  /** Who owns the order in a slot. */
  owner = new Int32Array(1024);
  /** +1 buys, −1 sells. */
  sign = new Int8Array(1024);
  priceTicks = new Int32Array(1024);
  /** Lots left. */
  lots = new Int32Array(1024);
  /** Neighbours in the price's queue, −1 at its ends. */
  previous = new Int32Array(1024);
  next = new Int32Array(1024);
  #generation = new Int32Array(1024);
  #live = new Uint8Array(1024);
  #free: number[] = [];
  #used = 0;

  /** Takes a slot for a new order; the slot's fields are the caller's to fill. */
  take(): number {
    const slot = this.#free.pop() ?? this.#used++;
    assert(slot < SLOTS, `order pool is full (${SLOTS} resting orders)`);
    if (slot === this.lots.length) this.#grow();
    this.#generation[slot]++;
    this.#live[slot] = 1;
    return slot;
  }

  release(slot: number): void {
    this.#live[slot] = 0;
    this.#free.push(slot);
  }

  idOf(slot: number): number {
    return this.#generation[slot] * SLOTS + slot;
  }

  /** The slot of a live order, −1 when the order is gone. */
  slotOf(id: number): number {
    const slot = id % SLOTS;
    return slot < this.#used && this.#live[slot] === 1 && this.#generation[slot] === (id - slot) / SLOTS ? slot : -1;
  }

  /** Slots, generations and the free list; the orders themselves are saved by the book, queue by queue. */
  state(): PoolState {
    return { generations: Array.from(this.#generation.subarray(0, this.#used)), free: [...this.#free] };
  }

  restore(state: PoolState): void {
    while (this.lots.length < state.generations.length) this.#grow();
    this.#generation.set(state.generations);
    this.#used = state.generations.length;
    this.#free = [...state.free];
    this.#live.fill(1, 0, this.#used);
    for (const slot of this.#free) this.#live[slot] = 0;
  }

  #grow(): void {
    const size = 2 * this.lots.length;
    this.owner = grown(this.owner, new Int32Array(size));
    this.sign = grown(this.sign, new Int8Array(size));
    this.priceTicks = grown(this.priceTicks, new Int32Array(size));
    this.lots = grown(this.lots, new Int32Array(size));
    this.previous = grown(this.previous, new Int32Array(size));
    this.next = grown(this.next, new Int32Array(size));
    this.#generation = grown(this.#generation, new Int32Array(size));
    this.#live = grown(this.#live, new Uint8Array(size));
  }
}

export interface PoolState {
  readonly generations: readonly number[];
  readonly free: readonly number[];
}

function grown<T extends Int32Array | Int8Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
