import { MarketLog } from '../replay/log-reader.ts';
import type { MarketFactory } from './market.ts';
import { ReplayExchange } from './replay-exchange.ts';

/**
 * A recorded log as a market for the venue. The log is read as it is needed and stays open.
 *
 * @throws LogError when the log or its metadata cannot be used
 */
export function replayMarket(path: string): MarketFactory {
  const { metadata } = openOnce(path);
  return {
    identity: `log ${metadata.sha256}`,
    open(state) {
      const log = MarketLog.open(path);
      return new ReplayExchange(log, log.instruments, state);
    },
  };
}

function openOnce(path: string): MarketLog {
  const log = MarketLog.open(path);
  log.close();
  return log;
}
