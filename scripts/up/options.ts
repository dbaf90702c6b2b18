import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { InputError } from '../../runtime/boot/documents.ts';

export interface UpOptions {
  readonly once: boolean;
  readonly seed: number;
  /** Absolute path of a recorded market, or undefined for the simulated one. */
  readonly log: string | undefined;
  readonly json: boolean;
  /** Absolute path of the state folder. */
  readonly state: string;
  /** Event seconds per second of a market that a person watches. */
  readonly speed: number;
  readonly port: number;
  /** For the test that wall time changes nothing. */
  readonly stallMs: number;
}

/** @throws InputError when the log is not there; commander's own errors for anything it refuses */
export function upOptions(args: readonly string[]): UpOptions {
  const command = new Command('npm run up --')
    .description('evolve → gate → promote (a commit) → sync → trade on paper, and a page to watch it')
    .option('--once', 'end after the first verified promotion and fill, with a summary', false)
    .option('--seed <n>', 'of everything that is random', natural, 7)
    .option('--log <file>', 'trade on a recorded market (`npm run import`) instead of the simulated one')
    .option('--json', 'one JSON object per event on standard output, nothing else', false)
    .option('--state <dir>', 'keeps everything between runs', '.emp')
    .option('--speed <x>', 'event seconds per second while somebody watches', positive, 8)
    .option('--port <n>', 'port of the page; 0 finds a free one', port, 0)
    .option('--stall-ms <n>', 'random pauses up to this in runtime and venue, which change no decision', natural, 0)
    .allowExcessArguments(false)
    .exitOverride();
  const options = command.parse([...args], { from: 'user' }).opts();
  if (options['log'] !== undefined && !existsSync(options['log'])) {
    throw new InputError(`${options['log']}: does not exist, a log that \`npm run import\` wrote is allowed`);
  }
  return {
    once: options['once'],
    seed: options['seed'],
    log: options['log'] === undefined ? undefined : path.resolve(options['log']),
    json: options['json'],
    state: path.resolve(options['state']),
    speed: options['speed'],
    port: options['port'],
    stallMs: options['stallMs'],
  };
}

function natural(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 0 to 999999999 is allowed.');
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1000) return value;
  throw new InvalidArgumentError('a number above 0 and up to 1000 is allowed.');
}

function port(text: string): number {
  const value = natural(text);
  if (value <= 65535) return value;
  throw new InvalidArgumentError('a whole number from 0 to 65535 is allowed.');
}
