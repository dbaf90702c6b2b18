/** `npm run backfill -- LOG`: what a stream made of snapshots every few seconds is worth against the true one. */
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { type StreamFigures, type ThinnedSymbol, thin } from '../policies/markets/thinning.ts';
import { InputError } from '../runtime/boot/documents.ts';
import { LogError } from '../runtime/replay/log-error.ts';
import { flowPlotSvg } from './backfill/flow-plot.ts';
import { print, printJson } from './environment/cli.ts';

interface Flags {
  readonly every: readonly number[];
  readonly plot?: string;
  readonly json?: true;
}

interface Thinned {
  readonly everySeconds: number;
  readonly symbols: readonly ThinnedSymbol[];
}

/** @returns 0 every snapshot was rebuilt, 1 one was not, 2 bad input */
export async function main(args: string[]): Promise<number> {
  const command = new Command('npm run backfill --')
    .description('thins a log to snapshots, makes a stream of them again, and holds it to the snapshots and the log')
    .argument('<log>', 'a log as `npm run import` writes it')
    .option('--every <seconds...>', 'time between snapshots', (text, before: number[] = []) => [
      ...before,
      seconds(text),
    ])
    .option('--plot <file>', 'signed flow by minute, true and synthetic, as SVG')
    .option('--json', 'print one JSON object')
    .exitOverride();
  command.parse(args, { from: 'user' });
  const { every = [1, 10], plot, json } = command.opts<Flags>();
  let thinned: readonly Thinned[];
  try {
    thinned = every.map((everySeconds) => ({
      everySeconds,
      symbols: thin(command.args[0] as string, everySeconds * 1e6),
    }));
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    throw new InputError(error.message, { cause: error });
  }
  if (plot !== undefined) writeFileSync(plot, plotOf(thinned));
  if (json === true) printJson({ event: 'backfill', thinned: thinned.map(summaryOf) });
  else for (const each of thinned) print(...linesOf(each));
  return thinned.some(({ symbols }) => symbols.some(({ mismatches }) => mismatches > 0)) ? 1 : 0;
}

function seconds(text: string): number {
  if (/^\d{1,5}(\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('a number of seconds above zero is allowed.');
}

function summaryOf({ everySeconds, symbols }: Thinned): object {
  const figures = ({ figures: { events, submits, cancels, spreadTicksMean } }: StreamFigures) => ({
    events,
    submits,
    cancels,
    spreadTicksMean,
  });
  return {
    everySeconds,
    symbols: symbols.map(({ symbol, snapshots, mismatches, actual, synthetic, flowCorrelation }) => ({
      symbol,
      snapshots,
      mismatches,
      flowCorrelation,
      actual: figures(actual),
      synthetic: figures(synthetic),
    })),
  };
}

function linesOf({ everySeconds, symbols }: Thinned): string[] {
  return symbols.flatMap(({ symbol, snapshots, mismatches, actual, synthetic, flowCorrelation }) => [
    `${symbol}, a snapshot every ${everySeconds} s: ${snapshots} rebuilt, ${mismatches} mismatches`,
    `  events ${actual.figures.events} → ${synthetic.figures.events}, spread ${ticks(actual)} → ${ticks(synthetic)} ticks, signed flow correlates ${flowCorrelation.toFixed(3)}`,
  ]);
}

function ticks({ figures }: StreamFigures): string {
  return figures.spreadTicksMean.toFixed(2);
}

function plotOf(thinned: readonly Thinned[]): string {
  return flowPlotSvg(
    thinned.flatMap(({ everySeconds, symbols }) =>
      symbols.map(({ symbol, actual, synthetic, flowCorrelation }) => ({
        title: `${symbol}, signed flow, a snapshot every ${everySeconds} s: correlation ${flowCorrelation.toFixed(3)}`,
        actual: actual.flowLots,
        synthetic: synthetic.flowLots,
      })),
    ),
  );
}
