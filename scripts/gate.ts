/** `npm run gate`: holds a candidate to the gates, prints what they found, and writes their signed evidence. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import { InvalidArgumentError, Option } from 'commander';
import { verdictCache } from '../gates/cache.ts';
import { furtherGates, type GateName, gateCatalog } from '../gates/catalog.ts';
import { signVerdicts } from '../gates/evidence.ts';
import type { Candidate, Verdict } from '../gates/gate.ts';
import { signingKey } from '../gates/keys.ts';
import { type GateEvent, runGates } from '../gates/run-gates.ts';
import { InputError, readDocument } from '../runtime/boot/documents.ts';
import { policyPointer } from '../runtime/contract.ts';
import { digest12 } from '../runtime/evidence/digest.ts';
import { pointerPath } from '../runtime/evidence/layout.ts';
import { loadTrust } from '../runtime/evidence/trust.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { deployedDocuments, judgedDocuments } from './environment/judged.ts';
import { marketNamed, tradedIn } from './environment/market.ts';
import { localTrust } from './environment/trust.ts';
import { fetchPolicy } from './image/fetch-policy.ts';
import { claimStateFolder } from './state/state-folder.ts';

interface Options extends CommonOptions {
  readonly policy?: string;
  readonly only?: readonly GateName[];
  readonly market: string;
  readonly seed: number;
  readonly attempt: number;
  readonly features?: string;
  readonly dataSets?: string;
  readonly evidence?: string;
  readonly fresh?: boolean;
  readonly deployment?: string;
  readonly image?: string;
  readonly keys?: string;
}

/** @returns 0 every gate passed, 1 one failed, 3 none failed and one could not run */
export async function main(args: string[]): Promise<number> {
  const options = parseOptions<Options>(command(), args);
  const checkout = path.resolve(import.meta.dirname, '..');
  claimStateFolder(options.state);
  const candidate = candidateAt(options.policy ?? (await pointedTo(checkout, options)));
  const market = marketNamed(options.market);
  const { keys, trustPath } = localTrust(options.state);
  const gateKey = options.keys === undefined ? keys.gate : signingKey(options.keys, 'gate');
  const documents =
    options.deployment === undefined
      ? await judgedDocuments(checkout, options.state, options.environment)
      : deployedDocuments(options.deployment, options.environment, options.image);
  const config = tradedIn(market, documents.config);
  // With other instruments than the environment's it is another configuration: no slot is judged.
  const slot = JSON.stringify(config) === JSON.stringify(documents.config) ? documents.slot : undefined;
  if (slot === undefined) {
    const because = documents.because ?? `${options.environment} trades other instruments than the log`;
    process.stderr.write(`gate: these verdicts count for no promotion: ${because}\n`);
  }

  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error('gate: interrupted; no evidence was written'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let verdicts: readonly Verdict[];
  try {
    verdicts = await runGates(
      candidate,
      {
        seed: options.seed,
        attempt: options.attempt,
        market,
        config,
        limits: documents.limits,
        ...(slot === undefined ? {} : { slot }),
        workers: availableParallelism(),
        signal: interrupt.signal,
        ...(options.features === undefined ? {} : { features: path.resolve(options.features) }),
        ...(options.dataSets === undefined ? {} : { dataSets: path.resolve(options.dataSets) }),
      },
      {
        ...(options.only === undefined ? {} : { only: options.only }),
        onEvent: options.json === true ? printJson : printProgress,
        ...(options.fresh === true
          ? {}
          : { cache: verdictCache(path.join(options.state, 'gate-cache'), keys.gate, loadTrust(trustPath)) }),
      },
    );
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
  const lines = await signVerdicts(verdicts, candidate.digest, gateKey);
  const evidence = writeEvidence(options.evidence ?? path.join(options.state, 'evidence'), candidate, lines);
  // The lines themselves too: a pod's files go with it, its output stays to be read.
  if (options.json === true) printJson({ kind: 'summary', policy: candidate.digest, verdicts, evidence, lines });
  else print(tableOf(verdicts), `${candidate.digest}`, `evidence: ${evidence}`);
  if (verdicts.some(({ status }) => status === 'failed')) return 1;
  return verdicts.some(({ status }) => status === 'errored') ? 3 : 0;
}

function command() {
  const names = [...gateCatalog, ...furtherGates].map(({ name }) => name);
  return environmentCommand('gate', 'holds a policy to the gates, and signs what they found')
    .option(
      '--policy <dir>',
      'folder with policy.json, sequence.onnx and step.onnx; default: what the environment points to',
    )
    .addOption(new Option('--only <names...>', 'these gates and no others').choices(names))
    .option('--market <market>', '"simulated", or a log as `npm run import` writes it', 'simulated')
    .option('--seed <n>', 'of everything that the gates draw', natural, 7)
    .option('--attempt <n>', "how many candidates were judged on this seed's held-out slices", positive, 1)
    .option('--features <dir>', "further features to judge besides the product's own, one module a feature")
    .option('--data-sets <dir>', "folder of data sets that the market is held to; default: the product's own")
    .option('--fresh', 'runs every gate, also one whose verdict on the same inputs is known')
    .option('--deployment <dir>', "judges under a deployment's documents instead of the checkout's, without Git")
    .option('--image <digest>', 'with a deployment: the image that runs, without which no slot is judged')
    .option('--keys <dir>', "folder with gate.pem; default: the state folder's keys")
    .option('--evidence <dir>', 'where the signed verdicts go; default: evidence in the state folder');
}

/** The policy that the checkout's environment points to: on a proposal's branch, what would trade. From its image where Git has it not. */
async function pointedTo(checkout: string, { environment, state }: Options): Promise<string> {
  const file = pointerPath(environment);
  const { policy, path: folder, image } = readDocument(path.join(checkout, file), policyPointer).value;
  if (policy === null || folder === null) throw new InputError(`${file}: names no policy; name one with --policy`);
  if (image !== undefined) {
    const fetched = path.join(state, 'policies', digest12(policy));
    await fetchPolicy(image, policy, fetched);
    return fetched;
  }
  return path.join(checkout, folder);
}

function natural(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 0 is allowed.');
}

function positive(text: string): number {
  const value = natural(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('a whole number from 1 is allowed.');
}

function candidateAt(directory: string): Candidate {
  const { manifest, digest } = loadPolicy(directory);
  return { directory: path.resolve(directory), manifest, digest };
}

/** One signed line a verdict; whole or absent. */
function writeEvidence(folder: string, { digest }: Candidate, lines: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${digest12(digest)}.intoto.jsonl`);
  writeFileSync(`${file}.new`, lines.map((line) => `${line}\n`).join(''));
  renameSync(`${file}.new`, file);
  return file;
}

function printProgress(event: GateEvent): void {
  if (event.kind === 'finished') {
    const { status, seconds } = event.verdict;
    const when = event.cached ? 'as before, for nothing has changed' : `after ${seconds.toFixed(1)} s`;
    process.stderr.write(`${event.gate}: ${status} ${when}\n`);
  } else if (event.kind === 'retried') process.stderr.write(`${event.gate}: tried again: ${event.because}\n`);
  else if (event.kind === 'progress' && event.note !== undefined)
    process.stderr.write(`${event.gate}: ${Math.round(100 * event.share)} %, ${event.note}\n`);
}

function tableOf(verdicts: readonly Verdict[]): string {
  const table = new Table({
    head: ['gate', 'verdict', 'because', 's'],
    colWidths: [18, 10, 78, 7],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { gate, status, because, seconds } of verdicts) table.push([gate, status, because, seconds.toFixed(1)]);
  return table.toString();
}
