/** The market that a command is for: simulated, or a log. */
import path from 'node:path';
import type { MarketSource } from '../../policies/evaluation/slices.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import type { RuntimeConfig } from '../../runtime/contract.ts';
import { LogError } from '../../runtime/replay/log-error.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';

/** @param text "simulated", or a log's file */
export function marketNamed(text: string): MarketSource {
  return text === 'simulated' ? { kind: 'simulated', informed: true } : { kind: 'log', path: path.resolve(text) };
}

/** The environment as it would trade a market: the same account, a log's own instruments. @throws InputError when the log cannot be used */
export function tradedIn(market: MarketSource, config: RuntimeConfig): RuntimeConfig {
  if (market.kind === 'simulated') return config;
  try {
    const opened = MarketLog.open(market.path);
    opened.close();
    return { ...config, instruments: [...opened.metadata.instruments] };
  } catch (error) {
    if (error instanceof LogError) throw new InputError(error.message, { cause: error });
    throw error;
  }
}
