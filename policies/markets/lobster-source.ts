import { BadInput } from './bad-input.ts';
import { linesOf } from './lines.ts';
import { type LobsterMessage, type LobsterRow, parseMessage, parseRow } from './lobster-row.ts';

export interface LobsterLine {
  /** Counted from 1. */
  readonly line: number;
  readonly message: LobsterMessage;
  readonly row: LobsterRow;
}

/** Both files side by side, `.csv` or `.csv.gz`, in constant memory. */
export class LobsterSource {
  readonly messagesPath: string;
  readonly orderBookPath: string;
  readonly levels: number;

  private constructor(messagesPath: string, orderBookPath: string, levels: number) {
    this.messagesPath = messagesPath;
    this.orderBookPath = orderBookPath;
    this.levels = levels;
  }

  /** Reads the number of levels from the first row. @throws BadInput */
  static async open(messagesPath: string, orderBookPath: string): Promise<LobsterSource> {
    for await (const line of linesOf(orderBookPath)) {
      const columns = line.split(',').length;
      if (columns % 4 !== 0 || parseRow(line, columns / 4) === undefined) {
        throw new BadInput(
          orderBookPath,
          'line 1 is not an order-book row',
          line,
          'askPrice,askSize,bidPrice,bidSize per level',
        );
      }
      return new LobsterSource(messagesPath, orderBookPath, columns / 4);
    }
    throw new BadInput(orderBookPath, 'has no rows', '0 lines', 'at least 1 line');
  }

  /** Lines whose time after midnight is in [fromUs, toUs). @throws BadInput */
  async *lines(fromUs = 0, toUs = Infinity): AsyncGenerator<LobsterLine> {
    const rows = linesOf(this.orderBookPath);
    let line = 0;
    for await (const text of linesOf(this.messagesPath)) {
      line++;
      const message = parseMessage(text);
      if (message === undefined) {
        throw new BadInput(
          this.messagesPath,
          `line ${line} is not a message`,
          text,
          'time,type 1-7,orderId,size,price,direction 1|-1',
        );
      }
      const next = await rows.next();
      if (next.done)
        throw new BadInput(
          this.orderBookPath,
          'is shorter than the messages',
          `${line - 1} lines`,
          'one row per message',
        );
      if (message.timeUs < fromUs || message.timeUs >= toUs) continue;
      const row = parseRow(next.value, this.levels);
      if (row === undefined) {
        throw new BadInput(
          this.orderBookPath,
          `line ${line} is not an order-book row`,
          next.value,
          `${this.levels} levels, best first, positive sizes, bid below ask`,
        );
      }
      yield { line, message, row };
    }
    if (!(await rows.next()).done) {
      throw new BadInput(
        this.orderBookPath,
        'is longer than the messages',
        `more than ${line} lines`,
        'one row per message',
      );
    }
  }
}
