import { parseArgs } from 'node:util';
import type { Mode } from '../contract.ts';
import { InputError } from './documents.ts';

export interface BootOptions {
  readonly mode: Mode;
  /** Folder with `environments/` and `policies/` as a commit has them: what trades is verified against `trust`. */
  readonly deployment: string | undefined;
  readonly environment: string;
  readonly trust: string | undefined;
  readonly image: string | undefined;
  /** A trial of something not approved: paper only. */
  readonly config: string | undefined;
  readonly limits: string | undefined;
  readonly policy: string | undefined;
  readonly state: string;
  readonly venueHost: string | undefined;
  readonly venuePort: number | undefined;
  readonly httpPort: number | undefined;
  readonly stopAfterSeconds: number | undefined;
  readonly windowSeconds: number | undefined;
  readonly stallMs: number;
  readonly printConfig: boolean;
}

export const USAGE = `usage: node runtime/main.ts (--paper-mode | --live-mode) --deployment DIR --trust FILE [options]
       node runtime/main.ts --paper-mode --config FILE --limits FILE [--policy DIR] [options]

Trades one environment. Paper sends orders to a simulated venue only; live refuses to start until everything it
needs is approved. Prints one JSON object per event.

  --paper-mode, --live-mode  exactly one
  --deployment DIR           environments/ and policies/ as a commit has them; verified before anything starts
  --environment NAME         which environment of the deployment (default local)
  --trust FILE               trust root: the keys that may approve
  --image DIGEST             digest of the image that runs, to be held against the approval
  --config, --limits FILE    instead of a deployment: a trial, in paper mode only
  --policy DIR               policy folder of a trial; without one the runtime only watches
  --state DIR                journal and lock (default .emp/runtime)
  --venue-host, --venue-port override the configured venue's address
  --http-port N              override the configured HTTP port; 0 picks one
  --stop-after-seconds N     stop by itself after so much event time
  --window-seconds N         say so when so much event time has passed
  --stall-ms N               pause up to N ms at random between steps: proves that wall time changes no decision
  --print-config             print the resolved configuration with its digest, and exit
  --help                     this text

Exit codes: 0 stopped in order, 1 not flat when stopped, 2 bad input, 3 failure.
`;

/** @throws InputError naming the flag, what it was and what is allowed */
export function bootOptions(args: readonly string[]): BootOptions | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  let values: ReturnType<typeof parse>['values'];
  const parse = () =>
    parseArgs({
      args: [...args],
      options: {
        'paper-mode': flag,
        'live-mode': flag,
        'print-config': flag,
        help: flag,
        deployment: text,
        environment: text,
        trust: text,
        image: text,
        config: text,
        limits: text,
        policy: text,
        state: text,
        'venue-host': text,
        'venue-port': text,
        'http-port': text,
        'stop-after-seconds': text,
        'window-seconds': text,
        'stall-ms': text,
      },
    });
  try {
    values = parse().values;
  } catch (cause) {
    throw new InputError(`runtime: ${(cause as Error).message.split('. ')[0]}; see --help`, { cause });
  }
  if (values.help) return 'help';
  if (values['paper-mode'] === values['live-mode']) {
    const actual = values['paper-mode'] ? 'both are given' : 'neither is given';
    throw new InputError(
      `runtime: mode is not clear (${actual}), exactly one of --paper-mode and --live-mode is allowed`,
    );
  }
  const mode = values['live-mode'] ? 'live' : 'paper';
  const trial = ['config', 'limits', 'policy'].filter((name) => values[name as 'config'] !== undefined);
  if (trial.length > 0 && (mode === 'live' || values.deployment !== undefined)) {
    const where = mode === 'live' ? 'live mode' : 'a deployment';
    throw new InputError(`runtime: --${trial[0]} is a trial's flag, with ${where} it is not allowed`);
  }
  if (values.deployment === undefined && (values.config === undefined || values.limits === undefined)) {
    throw new InputError(
      'runtime: nothing says what to trade, --deployment or --config with --limits is required; see --help',
    );
  }
  return {
    mode,
    deployment: values.deployment,
    environment: values.environment ?? 'local',
    trust: values.trust,
    image: values.image,
    config: values.config,
    limits: values.limits,
    policy: values.policy,
    state: values.state ?? '.emp/runtime',
    venueHost: values['venue-host'],
    venuePort: integer('venue-port', values['venue-port'], 65_535),
    httpPort: integer('http-port', values['http-port'], 65_535),
    stopAfterSeconds: integer('stop-after-seconds', values['stop-after-seconds'], 86_400),
    windowSeconds: integer('window-seconds', values['window-seconds'], 86_400),
    stallMs: integer('stall-ms', values['stall-ms'], 1000) ?? 0,
    printConfig: values['print-config'],
  };
}

function integer(flag: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) {
    throw new InputError(`runtime: --${flag} is ${JSON.stringify(text)}, an integer from 0 to ${most} is allowed`);
  }
  return value;
}
