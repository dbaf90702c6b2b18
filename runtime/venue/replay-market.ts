import { MarketLog } from '../replay/log-reader.ts';
import type { MarketFactory } from './market.ts';
import { ReplayExchange } from './replay-exchange.ts';

/**
 * A recorded log as a market for the venue. The log is read as it is needed and stays open.
 *
 * @param fromUs event time at which the market opens: what lies before it has happened already, unseen
 * @throws LogError when the log or its metadata cannot be used
 */
export function replayMarket(path: string, fromUs?: number): MarketFactory {
  const { metadata } = openOnce(path);
  return {
    identity: `log ${metadata.sha256}${fromUs === undefined ? '' : ` from ${fromUs}`}`,
    open(state) {
      const log = MarketLog.open(path);
      const market = new ReplayExchange(log, log.instruments, state);
      if (state === undefined && fromUs !== undefined) {
        market.listen({ onFill: () => {}, onEvent: () => {} });
        market.advanceTo(fromUs);
      }
      return market;
    },
  };
}

function openOnce(path: string): MarketLog {
  const log = MarketLog.open(path);
  log.close();
  return log;
}
