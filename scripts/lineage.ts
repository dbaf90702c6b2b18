/** `npm run lineage -- DIGEST`: from an image or policy back to data, code, parents, gates and approvers. Reads, changes nothing. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { lineageLines, lineageSvg } from '../policies/ledger/lineage.ts';
import { loadTrust } from '../runtime/evidence/trust.ts';
import { parseOptions, print, printJson } from './environment/cli.ts';
import { existingEnvironment } from './environment/product.ts';
import { trustPathOf } from './environment/trust.ts';
import { lineageOf } from './lineage/trace.ts';

interface Options {
  readonly state: string;
  readonly as: 'tree' | 'json' | 'svg';
  readonly json?: boolean;
  readonly out?: string;
}

/** @returns 0 done */
export async function main(args: string[]): Promise<number> {
  const command = new Command('npm run lineage --')
    .description('shows where an image or a policy comes from: data, code, parents, gates, approvers')
    .argument('<digest>', 'of a policy or image that was promoted, or its first 8 digits or more')
    .option('--state <dir>', 'state folder', (text) => path.resolve(text), path.resolve('.emp'))
    .addOption(new Option('--as <form>', 'what it is shown as').choices(['tree', 'json', 'svg']).default('tree'))
    .option('--json', 'the same as --as json')
    .option('--out <file>', 'where it is written; default: stdout')
    .exitOverride();
  const { state, as, json, out } = parseOptions<Options>(command, args);
  const repository = await existingEnvironment(state);
  const lineage = await lineageOf(repository, loadTrust(trustPathOf(state)), command.args[0] as string);
  const form = json === true ? 'json' : as;
  const text =
    form === 'svg'
      ? lineageSvg(lineage)
      : form === 'json'
        ? `${JSON.stringify(lineage)}\n`
        : `${lineageLines(lineage).join('\n')}\n`;
  if (out === undefined) process.stdout.write(text);
  else {
    writeFileSync(out, text);
    if (form === 'json') printJson({ out });
    else print(`lineage: ${out}`);
  }
  return 0;
}
