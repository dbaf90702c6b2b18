import { Document, parse } from 'yaml';
import { heldOutSlices } from '../../gates/edge.ts';
import type { JudgedSlot } from '../../gates/gate.ts';
import type { MarketSource } from '../../policies/evaluation/slices.ts';
import { logPart } from '../../policies/evaluation/slices.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Limits, limits, type RuntimeConfig, runtimeConfig } from '../../runtime/contract.ts';
import { configPath, limitsPath } from '../../runtime/evidence/layout.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';
import { productRef } from '../environment/product.ts';
import { type EnvironmentRepository, fetchHead, remoteRef, transact } from '../environment/repository.ts';
import { slotAt } from '../environment/slot.ts';
import { commitFiles, readAt } from '../environment/tree.ts';

export const ENVIRONMENT = 'local';

/** The market that `up` trades; a log only from where no policy has learned from it. */
export interface TradedMarket {
  readonly source: MarketSource;
  /** Arguments of the venue's process. */
  readonly venueArgs: readonly string[];
}

/** @throws LogError when the log cannot be used or is too short for a verdict */
export function marketOf(log: string | undefined, seed: number): TradedMarket {
  if (log === undefined) {
    return { source: { kind: 'simulated', informed: true }, venueArgs: ['--seed', String(seed)] };
  }
  const source = { kind: 'log', path: log } as const;
  heldOutSlices({ market: source, seed });
  const { fromUs } = logPart(log, 'held-out');
  return { source, venueArgs: ['--seed', String(seed), '--log', log, '--from-us', String(fromUs)] };
}

export interface EnvironmentDocuments {
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  readonly slot: JudgedSlot;
  /** Product commit that the environment stands on. */
  readonly product: string;
}

/** The environment's configuration and limits as its repository's head has them. */
export async function documentsOf(repository: EnvironmentRepository): Promise<EnvironmentDocuments> {
  const head = await fetchHead(repository);
  const read = async (file: string) => parse(String(await readAt(repository.work, head, file)));
  return {
    config: runtimeConfig.parse(await read(configPath(ENVIRONMENT))),
    limits: limits.parse(await read(limitsPath(ENVIRONMENT))),
    slot: await slotAt(repository.work, head, ENVIRONMENT),
    product: (await remoteRef(repository, productRef)) ?? head,
  };
}

/**
 * Makes the environment trade what the market offers: a recorded log has its own instruments, and what an environment
 * trades changes only by a commit.
 * @returns the commit, or undefined when nothing had to change
 */
export async function adoptInstruments(
  repository: EnvironmentRepository,
  market: MarketSource,
  clock: Clock,
): Promise<string | undefined> {
  if (market.kind === 'simulated') return undefined;
  const log = MarketLog.open(market.path);
  log.close();
  const instruments = log.metadata.instruments;
  return transact(repository, async (base) => {
    const file = configPath(ENVIRONMENT);
    const config = runtimeConfig.parse(parse(String(await readAt(repository.work, base, file))));
    if (JSON.stringify(config.instruments) === JSON.stringify(instruments)) return { outcome: undefined };
    const text = new Document({ ...config, instruments }).toString();
    const symbols = instruments.map(({ symbol }) => symbol).join(', ');
    const head = await commitFiles(repository.work, {
      base,
      changes: new Map([[file, Buffer.from(text)]]),
      message: `${ENVIRONMENT}: trade ${symbols}, as the recorded market offers them`,
      timeUs: clock.nowUs(),
    });
    return { push: { head }, outcome: head };
  });
}
