/** `npm run show`: a policy's card, and what stands behind a fill. Reads, changes nothing. */
import { Command } from 'commander';
import type { PolicyManifest } from '../runtime/contract.ts';
import { loadTrust } from '../runtime/evidence/trust.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import { environmentName, print, printJson } from './environment/cli.ts';
import { existingEnvironment } from './environment/product.ts';
import { fetchHead } from './environment/repository.ts';
import { slotAt } from './environment/slot.ts';
import { trustPathOf } from './environment/trust.ts';
import { type Approval, approvalOf, approvedManifest, type PromotionOfSlot, promotionOf } from './show/approval.ts';
import { approvalLines, policyLines, traceLines } from './show/lines.ts';
import { type Trace, traceFill } from './show/trace.ts';
import { openStoredJournal } from './state/stored-journal.ts';

interface Options {
  readonly state?: string;
  readonly environment: string;
  readonly fill?: string | true;
  readonly json?: boolean;
}

interface Card {
  readonly digest: string;
  readonly manifest: PolicyManifest;
  /** Undefined when no state was named. */
  readonly approval: Approval | undefined;
}

/** @returns 0 done; 2 (thrown) there is no such policy, state or fill */
export async function main(args: string[]): Promise<number> {
  const parsed = command().parse(args, { from: 'user' });
  const options = parsed.opts<Options>();
  const [directory] = parsed.processedArgs as [string | undefined];
  return options.fill === undefined ? showCard(directory, options) : showFill(options.fill, options);
}

function command(): Command {
  return new Command('npm run show --')
    .description("shows a policy's card, or traces a fill back to the promotion that allowed it")
    .argument('[policy-dir]', 'folder with policy.json, sequence.onnx and step.onnx; none: what the environment trades')
    .option('--state <dir>', 'state folder; default: .emp, and none when a policy folder is named')
    .option('--environment <name>', 'environment', environmentName, 'local')
    .option('--fill [clordid]', 'the fill of this order, or the first one: order, intent, forecast, policy, promotion')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}

async function showCard(directory: string | undefined, options: Options): Promise<number> {
  const { environment, json } = options;
  const card = directory === undefined ? await tradedCard(options) : await folderCard(directory, options);
  if (json === true) printJson(card === undefined ? { environment, policy: null } : { environment, ...cardJson(card) });
  else if (card === undefined) print(`${environment}: nothing trades`);
  else {
    const { digest, manifest, approval } = card;
    print(...policyLines(digest, manifest), ...(approval === undefined ? [] : approvalLines(environment, approval)));
  }
  return 0;
}

function cardJson({ digest, manifest, approval }: Card) {
  return { policy: digest, manifest, approval: approval ?? null };
}

async function folderCard(directory: string, { state, environment }: Options): Promise<Card> {
  const { digest, manifest } = loadPolicy(directory);
  if (state === undefined) return { digest, manifest, approval: undefined };
  const { repository, head, trust } = await opened(state);
  return { digest, manifest, approval: await approvalOf(repository, head, environment, digest, trust) };
}

/** What the environment's head names; undefined when nothing trades. */
async function tradedCard({ state = '.emp', environment }: Options): Promise<Card | undefined> {
  const { repository, head, trust } = await opened(state);
  const { policy } = await slotAt(repository.work, head, environment);
  if (policy === null) return undefined;
  const manifest = await approvedManifest(repository.work, head, policy);
  return { digest: policy, manifest, approval: await approvalOf(repository, head, environment, policy, trust) };
}

async function showFill(fill: string | true, { state = '.emp', json }: Options): Promise<number> {
  const trace = traced(state, fill === true ? undefined : fill);
  const promotion = await promotionBehind(state, trace);
  if (json === true) printJson({ ...trace, slot: trace.slot ?? null, promotion: promotion ?? null });
  else print(...traceLines(trace, promotion));
  return 0;
}

function traced(state: string, clOrdId: string | undefined): Trace {
  const journal = openStoredJournal(state);
  try {
    return traceFill(journal, clOrdId);
  } finally {
    journal.close();
  }
}

async function promotionBehind(state: string, { slot }: Trace): Promise<PromotionOfSlot | undefined> {
  if (slot === undefined) return undefined;
  const { repository, head, trust } = await opened(state);
  return promotionOf(repository, head, slot, trust);
}

async function opened(state: string) {
  const repository = await existingEnvironment(state);
  return { repository, head: await fetchHead(repository), trust: loadTrust(trustPathOf(state)) };
}
