/** `npm run -s vectors -- FILE…`: holds blocks, gradients and optimiser to files of reference vectors. */
import Table from 'cli-table3';
import { Command } from 'commander';
import { checkVectors, type VectorReport } from '../policies/model/vectors/check-vectors.ts';
import { print, printJson } from './environment/cli.ts';

/** @returns 0 all hold, 1 one does not */
export function main(args: string[]): number {
  const command = new Command('npm run -s vectors --')
    .description('checks blocks, gradients and optimiser against reference vectors; prints JSON, one object a file')
    .argument('<files...>', 'files of reference vectors')
    .option('--table', 'a table for people instead of JSON')
    .exitOverride()
    .parse(args, { from: 'user' });
  const { table } = command.opts<{ table?: boolean }>();
  const reports = command.args.map((file) => {
    const report = checkVectors(file);
    if (table !== true) printJson(report);
    return report;
  });
  if (table === true) print(tableOf(reports));
  return reports.every(({ ok }) => ok) ? 0 : 1;
}

function tableOf(reports: readonly VectorReport[]): string {
  const table = new Table({
    head: ['file', 'forward 64', 'forward 32', 'gradient 64', 'chunked − recurrent 32', 'training', 'ok'],
    style: { head: [], border: [] },
  });
  const plain = (value: number | null) => (value === null ? '' : value.toExponential(1));
  for (const report of reports) {
    const { maxRelForward64, maxRelForward32, maxRelGrad64, chunkedVsRecurrent32, training } = report;
    const errors = [maxRelForward64, maxRelForward32, maxRelGrad64, chunkedVsRecurrent32, training].map(plain);
    table.push([report.file.split('/').at(-1), ...errors, report.ok ? 'yes' : 'NO']);
  }
  return table.toString();
}
