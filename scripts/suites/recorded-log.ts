import { recordMarket } from '../../gates/market-recording.ts';
import { LogWriter } from '../../policies/markets/log-writer.ts';
import type { MarketEvent } from '../../runtime/features/market-event.ts';
import { ACTION, ENTRY, MarketData } from '../../runtime/fix/market-data.ts';
import { type Instrument, InstrumentTable } from '../../runtime/instrument.ts';

/** One event of a recorded market, of one of its symbols. */
export interface Recorded extends MarketEvent {
  readonly symbolId: number;
}

/** What the simulated market of a seed shows to ten levels, all symbols in order of event time. */
export function recordingOf(instruments: readonly Instrument[], seed: number, seconds: number): Recorded[] {
  const slice = { kind: 'simulated', seed, informed: true, seconds } as const;
  return recordMarket(slice, new InstrumentTable(instruments), 10)
    .flatMap(({ events }, symbolId) => events.map((event) => ({ ...event, symbolId })))
    .sort((a, b) => a.timeUs - b.timeUs);
}

/** Writes a recording as a market log. */
export function writeLog(file: string, instruments: readonly Instrument[], events: readonly Recorded[]): void {
  const writer = new LogWriter(file, { source: 'the simulated market', instruments });
  const data = new MarketData();
  const shown = new Set<string>();
  for (const { timeUs, snapshot, symbolId, levels, trades } of events) {
    data.timeUs = timeUs;
    data.snapshot = snapshot;
    data.count = 0;
    const put = (action: number, type: number, priceTicks: number, lots: number, aggressor: number): void => {
      const i = data.count++;
      data.symbolId[i] = symbolId;
      data.action[i] = action;
      data.entryType[i] = type;
      data.priceTicks[i] = priceTicks;
      data.quantityLots[i] = lots;
      data.aggressor[i] = aggressor;
    };
    for (const { priceTicks, lots, aggressor } of trades) put(ACTION.NEW, ENTRY.TRADE, priceTicks, lots, aggressor);
    for (const { side, priceTicks, lots } of levels) {
      const level = `${symbolId} ${side} ${priceTicks}`;
      const action = lots === 0 ? ACTION.DELETE : shown.has(level) ? ACTION.CHANGE : ACTION.NEW;
      if (lots === 0) shown.delete(level);
      else shown.add(level);
      put(action, side === 'buy' ? ENTRY.BID : ENTRY.OFFER, priceTicks, lots, 0);
    }
    writer.write(data);
  }
  writer.finish();
}
