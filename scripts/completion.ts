/** `npm run completion -- bash|zsh|fish`: what a shell needs to complete `npm run VERB -- --option`. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Argument, Command } from 'commander';
import { type CompletionTable, completionScript, optionsIn, type Shell, shells } from './completion/script.ts';
import { parseOptions, print, printJson } from './environment/cli.ts';

const root = path.resolve(import.meta.dirname, '..');

/** @returns 0 printed, 3 a command's help could not be read */
export async function main(args: string[]): Promise<number> {
  const command = new Command('npm run -s completion --')
    .description('prints what a shell needs to complete the commands and their options')
    .addArgument(new Argument('<shell>').choices(shells))
    .option('--json', 'the commands and their options as one JSON object instead')
    .addHelpText(
      'after',
      '\nbash:  npm run -s completion -- bash >> ~/.bashrc\nzsh:   npm run -s completion -- zsh >> ~/.zshrc\nfish:  npm run -s completion -- fish > ~/.config/fish/completions/emp.fish',
    )
    .exitOverride();
  const { json } = parseOptions<{ json?: boolean }>(command, args);
  const table = await tableOf(verbs());
  if (json === true) printJson(Object.fromEntries(table));
  else print(completionScript(command.args[0] as Shell, table));
  return 0;
}

/** Scripts of package.json that are commands of ours. */
function verbs(): string[] {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return Object.keys(scripts).filter(
    (name) => scripts[name] === `node scripts/start.mjs ${name}` && name !== 'completion',
  );
}

/** Each command's own help is asked, so that no option can be forgotten here. */
async function tableOf(names: readonly string[]): Promise<CompletionTable> {
  const rows = await Promise.all(names.map(async (name) => [name, optionsIn(await helpOf(name))] as const));
  return new Map(rows);
}

function helpOf(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'scripts/start.mjs'), name, '--help']);
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(text);
      else reject(new Error(`npm run ${name} -- --help: ended with ${code}, 0 is allowed`));
    });
  });
}
