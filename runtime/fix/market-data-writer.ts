import type { InstrumentTable } from '../instrument.ts';
import { DecimalScale } from './decimal.ts';
import type { BodyWriter } from './encoder.ts';
import { ACTION, ENTRY, type MarketData } from './market-data.ts';

/** MDEntryType (269) by `ENTRY`; `OTHER` has no single letter and is not written. */
const TYPE_TEXT: readonly string[] = ['0', '1', '2', 'J'];

/** Writes the body of W and X as the decoder's fast path expects it: one place for our dialect's layout. */
export class MarketDataWriter {
  readonly #instruments: InstrumentTable;
  readonly #prices: readonly DecimalScale[];
  readonly #quantities: readonly DecimalScale[];

  constructor(instruments: InstrumentTable) {
    this.#instruments = instruments;
    this.#prices = instruments.list.map((instrument) => new DecimalScale(instrument.tickSize));
    this.#quantities = instruments.list.map((instrument) => new DecimalScale(instrument.lotSize));
  }

  /** MsgType (35) of a message. */
  static msgType(m: MarketData): 'W' | 'X' {
    return m.snapshot ? 'W' : 'X';
  }

  /** A snapshot's entries are of one symbol, which stands in the root. */
  write(m: MarketData, body: BodyWriter): void {
    if (m.count === 0) throw new RangeError('a W or X has no entries (0), at least 1 is allowed');
    if (m.snapshot) body.text(55, this.#instruments.of(m.symbolId[0]).symbol);
    body.timestamp(60, m.timeUs).integer(268, m.count);
    for (let i = 0; i < m.count; i++) this.#entry(m, i, body);
  }

  #entry(m: MarketData, i: number, body: BodyWriter): void {
    const symbolId = m.symbolId[i];
    const type = TYPE_TEXT[m.entryType[i]];
    if (type === undefined) throw new RangeError(`entry type ${m.entryType[i]} is not writable, 0 to 3 are allowed`);
    if (!m.snapshot) body.integer(279, m.action[i]);
    body.text(269, type);
    if (!m.snapshot) body.text(55, this.#instruments.of(symbolId).symbol);
    if (m.entryType[i] === ENTRY.EMPTY) return;
    body.decimal(270, m.priceTicks[i], this.#prices[symbolId] as DecimalScale);
    if (m.snapshot || m.action[i] !== ACTION.DELETE) {
      body.decimal(271, m.quantityLots[i], this.#quantities[symbolId] as DecimalScale);
    }
    if (m.aggressor[i] !== 0) body.integer(5797, m.aggressor[i] > 0 ? 1 : 2);
  }
}
