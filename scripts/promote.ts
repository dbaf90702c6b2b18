/** `npm run promote`: makes a candidate, with the gates' signed evidence, what an environment trades. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../runtime/boot/documents.ts';
import { SystemClock } from '../runtime/clock.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { openEnvironment } from './environment/product.ts';
import { type PromoteOutcome, promote } from './environment/promote.ts';
import { localTrust } from './environment/trust.ts';
import { claimStateFolder } from './state/state-folder.ts';

interface Options extends CommonOptions {
  readonly policy: string;
  readonly evidence: string;
  readonly dryRun?: boolean;
}

/** @returns 0 done, 1 a check failed or refused */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('promote', 'makes a policy that passed every gate what an environment trades')
    .requiredOption('--policy <dir>', "folder with the candidate's policy.json, sequence.onnx and step.onnx")
    .requiredOption('--evidence <file>', "the gates' signed verdicts on it, one a line, as `npm run gate` writes them")
    .option('--dry-run', 'show the effect, change nothing');
  const { state, environment, json, policy, evidence, dryRun } = parseOptions<Options>(command, args);
  const checkout = path.resolve(import.meta.dirname, '..');
  const clock = new SystemClock();
  const signed = readLines(evidence);
  claimStateFolder(state);
  const { keys, trustPath } = localTrust(state);
  const { repository, notices } = await openEnvironment({ checkout, state, clock });
  for (const notice of notices) process.stderr.write(`promote: ${notice}\n`);
  const outcome = await promote({
    repository,
    environment,
    candidateDir: policy,
    verdicts: { signed },
    keys,
    trustPath,
    clock,
    by: 'person',
    dryRun: dryRun === true,
  });
  if (json === true) printJson(outcome);
  else print(...describe(outcome, environment));
  return outcome.outcome === 'refused' || outcome.outcome === 'superseded' ? 1 : 0;
}

function readLines(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`${file}: signed verdicts cannot be read; \`npm run gate\` writes them`, { cause });
  }
  return text.split('\n').filter((line) => line !== '');
}

/** The outcome for a person, one line each. */
export function describe(outcome: PromoteOutcome, environment: string): string[] {
  switch (outcome.outcome) {
    case 'promoted':
    case 'already': {
      const verb = outcome.outcome === 'promoted' ? 'now trades' : 'trades already';
      return [
        `promote: ${environment} ${verb} ${outcome.slot.policy}`,
        `  commit  ${outcome.commit}`,
        `  label   ${outcome.tag}`,
      ];
    }
    case 'refused':
      return ['promote: refused', ...outcome.refusals.map(({ reason, because }) => `  ${reason}  ${because}`)];
    case 'superseded':
      return [
        `promote: another promotion was faster; ${environment} trades ${outcome.by.policy ?? 'nothing'} since commit ${outcome.by.commit}`,
      ];
    case 'dry-run': {
      const { slot, replaces, writes, removes, gates, tag } = outcome.effect;
      return [
        `promote: would make ${environment} trade ${slot.policy}`,
        `  replaces  ${replaces ?? 'nothing'}`,
        ...writes.map((file) => `  writes    ${file}`),
        ...removes.map((file) => `  removes   ${file}`),
        `  gates     ${gates.join(', ')}: all passed`,
        `  label     ${tag}`,
      ];
    }
  }
}
