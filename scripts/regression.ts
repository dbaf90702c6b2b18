/** `npm run regression`: the regression gate on a running runtime; in a cluster a Job after each sync runs it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { InputError } from '../runtime/boot/documents.ts';
import { digest } from '../runtime/contract.ts';
import { loadTrust } from '../runtime/evidence/trust.ts';
import { parseOptions, print, printJson } from './environment/cli.ts';
import { type Expected, expectedOf } from './regression/expected.ts';
import { DECISIONS_NEEDED } from './regression/judge.ts';
import { judgeRunning } from './regression/running.ts';

interface Options {
  readonly runtime: string;
  readonly policy: string;
  readonly evidence: string;
  readonly trust: string;
  readonly decisions: number;
  readonly windowSeconds: number;
  readonly json?: boolean;
}

const EXITS = { passed: 0, failed: 1, errored: 3 } as const;

/** @returns 0 passed; 1 failed: the slot is bad; 3 errored: it could not be judged */
export async function main(args: string[]): Promise<number> {
  const command = new Command('npm run regression --')
    .description('holds what a running runtime recorded since it started to what was approved')
    .requiredOption('--runtime <url>', 'address of its window, such as http://127.0.0.1:9464', address)
    .requiredOption('--policy <digest>', 'which policy is judged', digestText)
    .requiredOption('--evidence <file>', 'what it was approved for: its evidence, as the environment holds it')
    .requiredOption('--trust <file>', 'trust root that the evidence is verified against')
    .option('--decisions <n>', 'decisions without which it can say nothing', whole, DECISIONS_NEEDED)
    .option('--window-seconds <n>', 'how long to wait for them', whole, 900)
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
  const { runtime, policy, evidence, trust, decisions, windowSeconds, json } = parseOptions<Options>(command, args);
  const judged = await judgeRunning({
    url: runtime,
    policy,
    expected: expectedIn(evidence, trust),
    decisionsNeeded: decisions,
    windowSeconds,
    told: (line) => process.stderr.write(`regression: ${line}\n`),
  });
  if (json === true) printJson({ event: 'regression', policy, ...judged });
  else print(`regression: ${judged.status}: ${judged.because}`);
  return EXITS[judged.status];
}

function expectedIn(evidence: string, trust: string): Expected {
  const file = path.resolve(evidence);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`${file}: cannot be read (${(cause as Error).message}), an evidence file is allowed`, {
      cause,
    });
  }
  return expectedOf(text, file, loadTrust(path.resolve(trust)));
}

function whole(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 is allowed.');
}

function digestText(text: string): string {
  if (digest.safeParse(text).success) return text;
  throw new InvalidArgumentError('a digest such as sha256:… is allowed.');
}

function address(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('an address such as http://127.0.0.1:9464 is allowed.');
}
