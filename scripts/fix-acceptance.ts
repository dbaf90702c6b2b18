/** `npm run fix-acceptance`: conformance scripts for FIX engines against our acceptor. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import { parseOptions, print, printJson } from './environment/cli.ts';
import { type Disagreement, play } from './fix-acceptance/conversation.ts';
import { identityOf, readDefinition, type Step } from './fix-acceptance/definition.ts';
import { knownReason } from './fix-acceptance/known.ts';

export interface ScriptResult {
  /** Path as it was given, and the name of the script. */
  readonly script: string;
  readonly passed: boolean;
  readonly disagreement?: Disagreement;
  /** Why we hold our answer to be right, where there is a reason on record. */
  readonly reason?: string;
}

/** @returns 0 every script passed or has its reason on record, 1 one has neither */
export async function main(args: string[]): Promise<number> {
  const parser = command();
  const { json } = parseOptions<{ json?: boolean }>(parser, args);
  const results = parser.args.flatMap((directory) => playFolder(directory));
  const passed = results.filter((result) => result.passed).length;
  const failed = results.filter((result) => !result.passed);
  const unexplained = failed.filter(({ reason }) => reason === undefined).length;
  if (json === true) {
    printJson({ passed, failed: failed.map(({ passed: _, ...rest }) => rest), explained: failed.length - unexplained });
  } else {
    if (failed.length > 0) print(tableOf(failed));
    print(`${passed} passed, ${failed.length} failed, ${failed.length - unexplained} of them with a reason`);
  }
  return unexplained === 0 ? 0 : 1;
}

function command(): Command {
  return new Command('npm run fix-acceptance --')
    .description(
      "plays conformance scripts (.def files, in the language of QuickFIX's server tests) against our acceptor",
    )
    .argument('<dirs...>', 'folders with .def files, of one FIX version each; folders inside are played too')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}

/**
 * Plays every script of a folder, and of the folders in it.
 * @throws Error when there is none
 */
export function playFolder(directory: string): ScriptResult[] {
  if (!existsSync(directory) || !statSync(directory).isDirectory())
    throw usage(`${directory}: there is no such folder`);
  const folders = new Map<string, Map<string, Step[]>>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.def')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const scripts = folders.get(entry.parentPath) ?? new Map<string, Step[]>();
    scripts.set(file, readDefinition(readFileSync(file, 'latin1'), file));
    folders.set(entry.parentPath, scripts);
  }
  if (folders.size === 0) throw usage(`${directory}: there is no .def file in it`);
  return [...folders.values()].flatMap((scripts) => {
    const identity = identityOf([...scripts.values()]);
    if (identity === undefined)
      throw usage(`${directory}: no script expects anything, so nobody knows whom it talks to`);
    return [...scripts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([script, steps]): ScriptResult => {
        const disagreement = play(steps, identity);
        if (disagreement === undefined) return { script, passed: true };
        const reason = knownReason(script, disagreement);
        return { script, passed: false, disagreement, ...(reason === undefined ? {} : { reason }) };
      });
  });
}

function tableOf(failed: readonly ScriptResult[]): string {
  const table = new Table({
    head: ['script', 'line', 'disagreement'],
    style: { head: [], border: [] },
    wordWrap: true,
    wrapOnWordBoundary: false,
    colWidths: [48, 6, 100],
  });
  for (const { script, disagreement, reason } of failed) {
    if (disagreement === undefined) continue;
    const { line, expected, found, because } = disagreement;
    const lines = [because, `expected ${expected}`, `found    ${found}`];
    if (reason !== undefined) lines.push(`reason   ${reason}`);
    table.push([path.join(path.basename(path.dirname(script)), path.basename(script)), line, lines.join('\n')]);
  }
  return table.toString();
}

function usage(message: string): Error {
  return Object.assign(new Error(message), { exitCode: 2 });
}
