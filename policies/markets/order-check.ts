import { type LobsterMessage, TYPE } from './lobster-row.ts';

interface Resting {
  readonly price: number;
  readonly direction: 1 | -1;
  /** At most this much is left: reductions outside the window of depth are not in the file. */
  leftAtMost: number;
}

/** Follows resting orders by id. One that was there before the file begins is unknown, and nothing is held against it. */
export class OrderCheck {
  readonly #orders = new Map<string, Resting>();

  /** @returns problem, expected and actual when the message contradicts an earlier one on the same order. */
  next(message: LobsterMessage): [string, string, string] | undefined {
    const { type, orderId, size, price, direction } = message;
    const order = this.#orders.get(orderId);
    if (type === TYPE.SUBMIT) {
      if (order !== undefined) return [`order ${orderId} is submitted twice`, 'a new id', orderId];
      this.#orders.set(orderId, { price, direction, leftAtMost: size });
      return undefined;
    }
    if (order === undefined || type > TYPE.EXECUTE) return undefined;
    if (order.price !== price || order.direction !== direction) {
      return [`order ${orderId} has changed`, sideAt(order.direction, order.price), sideAt(direction, price)];
    }
    const most = type === TYPE.PARTIAL_CANCEL ? order.leftAtMost - 1 : order.leftAtMost;
    if (size > most) return [`order ${orderId} loses more than it has`, `at most ${most}`, `${size}`];
    order.leftAtMost = type === TYPE.DELETE ? 0 : order.leftAtMost - size;
    return undefined;
  }
}

function sideAt(direction: 1 | -1, price: number): string {
  return `${direction === 1 ? 'bid' : 'ask'} @ ${price}`;
}
