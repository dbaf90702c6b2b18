/** A runtime's pod is backed up by one command while it trades, and what is restored on this machine is what it knew. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { journalledIn } from '../../gates/trial-run.ts';
import { configPath, limitsPath } from '../../runtime/evidence/layout.ts';
import type { FillBody } from '../../runtime/execution/records.ts';
import { Child } from '../up/child.ts';
import { ENVIRONMENT, type PaperRoom } from './paper-room.ts';
import { hold } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** @param folder with the environment's documents, where the backup and its state are made. @returns the fills it holds */
export async function backedUpPod({ node, namespace }: PaperRoom, folder: string): Promise<readonly FillBody[]> {
  const command = (...args: readonly string[]) => {
    const [first, ...words] = [
      ...node.within,
      process.execPath,
      path.join(root, 'scripts/start.mjs'),
      ...args,
      '--json',
    ];
    return JSON.parse(
      execFileSync(first as string, words, { env: { ...process.env, ...node.environment }, encoding: 'utf8' }),
    );
  };
  const state = path.join(folder, 'restored');
  const taken = command(
    ...['backup', '--target', 'kubernetes', '--namespace', namespace, '--environment', ENVIRONMENT],
    ...['--to', path.join(folder, 'backups')],
  ) as { readonly folder: string; readonly journal: { readonly lastSeq: number; readonly bytes: number } };
  command('restore', '--from', taken.folder, '--state', state, '--environment', ENVIRONMENT);
  const fills = journalledIn(path.join(state, 'journal.sqlite'));
  hold(fills.length > 0, 'the backup holds no fill, so nothing is shown');
  const held = await positionsOf(folder, state);
  for (const [symbol, lots] of positionsAfter(fills)) {
    hold(
      held.get(symbol) === lots,
      `${symbol}: the restored runtime holds ${held.get(symbol)} lots, its fills make ${lots}`,
    );
  }
  const { lastSeq, bytes } = taken.journal;
  console.log(`        ${lastSeq} records, ${fills.length} fills, ${Math.ceil(bytes / 1024)} KiB`);
  return fills;
}

function positionsAfter(fills: readonly FillBody[]): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const { symbol, side, lots } of fills)
    held.set(symbol, (held.get(symbol) ?? 0) + (side === 'buy' ? lots : -lots));
  return held;
}

/** What a runtime knows that boots on the state, before any venue told it anything: there is none here. */
async function positionsOf(folder: string, state: string): Promise<ReadonlyMap<string, number>> {
  const documents = [
    '--config',
    path.join(folder, configPath(ENVIRONMENT)),
    '--limits',
    path.join(folder, limitsPath(ENVIRONMENT)),
  ];
  const args = ['--paper-mode', ...documents, '--state', state, '--venue-host', '127.0.0.1', '--http-port', '0'];
  const runtime = new Child('runtime', path.join(root, 'runtime/main.ts'), args, () => {});
  try {
    const { url } = await runtime.next('listening');
    const { symbols } = (await (await fetch(`${url}/audit`)).json()) as {
      symbols: { symbol: string; positionLots: number }[];
    };
    return new Map(symbols.map(({ symbol, positionLots }) => [symbol, positionLots]));
  } finally {
    runtime.kill();
    await runtime.ended;
  }
}
