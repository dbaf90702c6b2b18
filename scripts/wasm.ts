/** `npm run wasm`: compiles the decoder's fast path into the module that is committed, or checks that it is what would come out. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';
import { Command } from 'commander';
import { parseOptions, print, printJson } from './environment/cli.ts';

const SOURCE = 'runtime/fix/wasm/assembly/decode.ts';
const MODULE = 'runtime/fix/wasm/module.ts';
const FLAGS = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--importMemory', '--initialMemory', '1'];
const LINE = 100;
const checkout = path.resolve(import.meta.dirname, '..');

/** @returns 0 done, or the same; 1 `--check` found another module */
export async function main(args: string[]): Promise<number> {
  const { check, json } = parseOptions<{ check?: boolean; json?: boolean }>(command(), args);
  const text = moduleOf(await compile());
  const file = path.join(checkout, MODULE);
  const same = readFileSync(file, { encoding: 'utf8', flag: 'a+' }) === text;
  if (check !== true && !same) writeFileSync(file, text);
  if (json === true) printJson({ module: MODULE, same, bytes: text.length });
  else if (same) print(`${MODULE} is what ${SOURCE} compiles to`);
  else print(check === true ? `${MODULE} is not what ${SOURCE} compiles to: npm run wasm` : `${MODULE} written`);
  return check === true && !same ? 1 : 0;
}

function command(): Command {
  return new Command('npm run wasm --')
    .description(`compiles ${SOURCE} (AssemblyScript) into ${MODULE}`)
    .option('--check', 'writes nothing; exit 1 when the module is not what the source compiles to')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}

/** @throws Error with the compiler's own words */
async function compile(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([SOURCE, ...FLAGS, '--baseDir', checkout, '--outFile', 'out.wasm'], {
    writeFile: (name, contents) => {
      if (name === 'out.wasm' && contents instanceof Uint8Array) binary = contents;
    },
  });
  if (error !== null || binary === undefined)
    throw new Error(`${SOURCE}: does not compile\n${stderr.toString()}`, { cause: error });
  return binary;
}

function moduleOf(binary: Uint8Array): string {
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return [
    '/** Compiled from `assembly/decode.ts` by `npm run wasm`; never edited. */',
    'export const WASM_BASE64 =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}
