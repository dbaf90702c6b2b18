import { Ladder } from '../../runtime/book/ladder.ts';
import { Random } from '../../runtime/random.ts';
import { NO_PRICE, TYPE } from './lobster-row.ts';

interface Order {
  readonly id: number;
  readonly direction: 1 | -1;
  readonly price: number;
  size: number;
}

/**
 * Both LOBSTER files of an invented market: a full book of orders, of which the files show the messages that change the
 * first `levels` levels, as LOBSTER's do. For tests on machines without the data. The book is thin on purpose, so that
 * sides run out and levels come and go.
 */
export class SyntheticLobster {
  readonly messages: string[] = [];
  readonly rows: string[] = [];
  readonly #random: Random;
  readonly #levels: number;
  readonly #bids = new Ladder(1, 16);
  readonly #asks = new Ladder(-1, 16);
  readonly #orders: Order[] = [];
  #nextId = 1;
  #timeNs = 34_200_000_000_000;

  constructor(seed: number, levels: number, lines: number) {
    this.#random = Random.of(seed, 'synthetic-lobster');
    this.#levels = levels;
    while (this.rows.length < lines) this.#step();
  }

  #step(): void {
    this.#timeNs += 1 + this.#random.integer(500_000_000);
    const roll = this.#random.float();
    if (this.#orders.length < 4 || roll < 0.5) this.#submit();
    else if (roll < 0.85) this.#cancel();
    else if (roll < 0.95) this.#execute();
    else this.#executeHidden();
  }

  #submit(): void {
    const direction = this.#random.bernoulli(0.5) ? 1 : -1;
    const distance = 1 + this.#random.integer(12);
    const opposite = this.#best(direction === 1 ? -1 : 1);
    const ticks = opposite === undefined ? 10_000 - direction * distance : opposite - direction * distance;
    const order = { id: this.#nextId++, direction, price: 100 * ticks, size: 1 + this.#random.integer(300) } as const;
    this.#orders.push({ ...order });
    this.#change(order, TYPE.SUBMIT, order.size, order.size);
  }

  #cancel(): void {
    const order = this.#random.pick(this.#orders);
    const partial = order.size > 1 && this.#random.bernoulli(0.2);
    const size = partial ? 1 + this.#random.integer(order.size - 1) : order.size;
    this.#reduce(order, partial ? TYPE.PARTIAL_CANCEL : TYPE.DELETE, size);
  }

  #execute(): void {
    const direction = this.#random.bernoulli(0.5) ? 1 : -1;
    const best = this.#best(direction);
    const order = this.#orders.find((o) => o.direction === direction && o.price === 100 * (best ?? 0));
    if (order !== undefined) this.#reduce(order, TYPE.EXECUTE, 1 + this.#random.integer(order.size));
  }

  #executeHidden(): void {
    const [bid, ask] = [this.#best(1), this.#best(-1)];
    if (bid === undefined || ask === undefined) return;
    // Half-cent prices happen, as in the real files.
    const price = 100 * bid + 50 * this.#random.integer(2 * (ask - bid) + 1);
    this.#write(TYPE.EXECUTE_HIDDEN, 0, 1 + this.#random.integer(100), price, this.#random.bernoulli(0.5) ? 1 : -1);
  }

  #reduce(order: Order, type: number, size: number): void {
    order.size -= size;
    if (order.size === 0) this.#orders.splice(this.#orders.indexOf(order), 1);
    this.#change(order, type, size, -size);
  }

  /** Changes the book and writes the line if the window shows it. */
  #change(order: Order, type: number, size: number, lots: number): void {
    const side = order.direction === 1 ? this.#bids : this.#asks;
    const ticks = order.price / 100;
    const before = side.indexOf(ticks);
    const left = side.lotsAt(ticks) + lots;
    if (left > 0) side.set(ticks, left);
    else side.remove(ticks);
    const rank = Math.max(before, side.indexOf(ticks));
    if (rank < this.#levels) this.#write(type, order.id, size, order.price, order.direction);
  }

  #write(type: number, id: number, size: number, price: number, direction: number): void {
    const time = `${Math.floor(this.#timeNs / 1e9)}.${String(this.#timeNs % 1e9).padStart(9, '0')}`;
    this.messages.push([time, type, id, size, price, direction].join(','));
    const fields: number[] = [];
    for (let i = 0; i < this.#levels; i++) fields.push(...level(this.#asks, i, 1), ...level(this.#bids, i, -1));
    this.rows.push(fields.join(','));
  }

  #best(direction: 1 | -1): number | undefined {
    const side = direction === 1 ? this.#bids : this.#asks;
    return side.count > 0 ? side.priceTicks(0) : undefined;
  }
}

function level(side: Ladder, i: number, sign: 1 | -1): [number, number] {
  return i < side.count ? [100 * side.priceTicks(i), side.lots(i)] : [sign * NO_PRICE, 0];
}
