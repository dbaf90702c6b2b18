/** Where figures were taken: without it they mean nothing. */
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import { gitResult } from '../environment/git.ts';

export interface Machine {
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  /** Processes that wanted a core before the first measurement; near zero on a machine that is fit to measure. */
  readonly loadBefore: number;
  /** Product commit; null outside a Git checkout. */
  readonly commit: string | null;
  /** Something in the checkout differs from the commit. */
  readonly changed: boolean;
}

export async function machineOf(checkout: string): Promise<Machine> {
  const head = await gitResult(checkout, ['rev-parse', 'HEAD'], { asUser: true });
  const status = await gitResult(checkout, ['status', '--porcelain'], { asUser: true });
  return {
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    commit: head.status === 0 ? head.stdout.toString('utf8').trim() : null,
    changed: status.stdout.length > 0,
  };
}
