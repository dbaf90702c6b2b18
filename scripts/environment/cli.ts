/** What the environment's commands share: options, and how a result is printed. */
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';

export interface CommonOptions {
  readonly state: string;
  readonly environment: string;
  readonly json?: boolean;
}

/** A command with the options that all of them have. */
export function environmentCommand(name: string, description: string): Command {
  return (
    new Command(`npm run ${name} --`)
      .description(description)
      // Absolute from here on: Git runs in folders of its own.
      .option('--state <dir>', 'state folder', (text) => path.resolve(text), path.resolve('.emp'))
      .option('--environment <name>', 'environment', environmentName, 'local')
      .option('--json', 'one JSON object on stdout and nothing else')
      .exitOverride()
  );
}

/** An option's parser: what an environment may be called. */
export function environmentName(text: string): string {
  if (/^[a-z][a-z0-9-]{0,30}$/.test(text)) return text;
  throw new InvalidArgumentError('a name of lower-case letters, digits and dashes is allowed.');
}

/** The options that the arguments give. Throws what commander throws on a wrong usage. */
export function parseOptions<O>(command: Command, args: readonly string[]): O {
  return command.parse(args, { from: 'user' }).opts<O & object>();
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

export function printProblems(problems: readonly Problem[]): void {
  for (const found of problems) process.stdout.write(`  ${problemLine(found)}\n`);
}
