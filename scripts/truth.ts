/**
 * `npm run truth`: whether the documents say what is so. Two gates: `parity` (the README's boundary section is the
 * runtime's boundary) and `truth` (every claim is bound to evidence that exists, every command it rests on runs).
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { actualOf } from '../gates/documents/actual.ts';
import { parityProblems } from '../gates/documents/parity.ts';
import { truthOf } from '../gates/documents/truth.ts';
import { thresholds } from '../gates/thresholds.ts';
import { InputError } from '../runtime/boot/documents.ts';
import { stopwatchNs } from '../runtime/clock.ts';
import type { Problem } from '../runtime/evidence/problem.ts';
import { parseOptions, print, printJson, printProblems } from './environment/cli.ts';

interface Options {
  readonly documents: string;
  readonly checkout: string;
  readonly commands: boolean;
  readonly unbound?: boolean;
  readonly json?: boolean;
}

/** @returns 0 the documents are true, 1 they are not */
export async function main(args: string[]): Promise<number> {
  const root = path.resolve(import.meta.dirname, '..');
  const absolute = (text: string) => path.resolve(text);
  const command = new Command('npm run truth --')
    .description('says whether the documents are true: boundaries, claims, names, figures, commands')
    .option('--documents <dir>', 'folder with other documents, such as altered ones', absolute, root)
    .option('--checkout <dir>', 'folder in which their evidence is looked for', absolute, root)
    .option('--no-commands', 'do not run the commands that claims rest on')
    .option('--unbound', 'name the claims that rest on nothing, too')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
  const { documents, checkout, commands, unbound, json } = parseOptions<Options>(command, args);
  const beganNs = stopwatchNs();
  const { boundaries, gates } = await actualOf(checkout);
  const parity = parityProblems(readme(documents), boundaries);
  const unboundMax = thresholds.truth.unboundClaimsMax;
  const report = truthOf({ documents, checkout, gates, metrics: boundaries.metrics, unboundMax });
  const failed = commands ? await failingCommands(report.commands, checkout) : [];
  const truth = [...report.problems, ...failed];
  const ok = parity.length === 0 && truth.length === 0;
  const { claims, mentions } = report;
  const seconds = Math.round((stopwatchNs() - beganNs) / 1e8) / 10;
  if (json === true) {
    printJson({
      ok,
      claims,
      mentions,
      commands: report.commands.length,
      unbound: report.unbound.length,
      parity,
      truth,
      seconds,
    });
    return ok ? 0 : 1;
  }
  print(`parity: ${parity.length === 0 ? 'passed' : 'FAILED'}`);
  printProblems(parity);
  print(
    `truth: ${truth.length === 0 ? 'passed' : 'FAILED'}: ${claims} claims, ${mentions} names, ${report.commands.length} commands, ${report.unbound.length} claims rest on nothing (at most ${unboundMax})`,
  );
  printProblems(truth);
  if (unbound) printProblems(report.unbound);
  return ok ? 0 : 1;
}

function readme(folder: string): string {
  const file = path.join(folder, 'README.md');
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`${file}: cannot be read; a folder with a README.md is allowed`, { cause });
  }
}

/** Each command once, however many claims rest on it. */
async function failingCommands(
  commands: ReturnType<typeof truthOf>['commands'],
  checkout: string,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const command of new Set(commands.map((one) => one.command))) {
    const ended = await run(command, checkout);
    if (ended === undefined) continue;
    for (const { claim } of commands.filter((one) => one.command === command)) {
      const subject = `${claim.file}:${claim.line}`;
      problems.push({
        subject,
        problem: `rests on a command that fails: ${command}`,
        actual: ended,
        allowed: 'exit code 0',
      });
    }
  }
  return problems;
}

/** @returns undefined when it ended with 0, else how it ended */
function run(command: string, cwd: string): Promise<string | undefined> {
  const { commandSecondsMax } = thresholds.truth;
  return new Promise((resolve) => {
    const child = spawn(command, {
      cwd,
      shell: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: commandSecondsMax * 1000,
    });
    let err = '';
    child.stderr.on('data', (chunk) => (err = `${err}${chunk}`.slice(-300)));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : `${code ?? signal}: ${err.trim()}`));
  });
}
