/** `npm run promote`: makes a candidate, with the gates' signed evidence, what an environment trades. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Argument } from 'commander';
import { InputError } from '../runtime/boot/documents.ts';
import { SystemClock } from '../runtime/clock.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { openEnvironment } from './environment/product.ts';
import { type PromoteOutcome, promote } from './environment/promote.ts';
import { localTrust } from './environment/trust.ts';
import { type Action, actions, type TeamOptions, teamAction } from './proposals/command.ts';
import { claimStateFolder } from './state/state-folder.ts';

type Options = Omit<CommonOptions, 'json'> & TeamOptions;

/** @returns 0 done, 1 a check failed or refused */
export async function main(args: string[]): Promise<number> {
  const checkout = path.resolve(import.meta.dirname, '..');
  const command = environmentCommand('promote', 'makes a policy that passed every gate what an environment trades')
    .addArgument(new Argument('[action]', 'of a team').choices(actions))
    .argument('[branch]', 'of the proposal, as `propose` prints it')
    .option('--policy <dir>', "folder with the candidate's policy.json, sequence.onnx and step.onnx")
    .option('--policy-image <reference>', 'artifact with its models, by digest, where they are too large for Git')
    .option('--limits <file>', 'limits to propose')
    .option('--config <file>', 'configuration to propose')
    .option('--from <branch>', 'branch of the remote that holds the change already, such as one of runtime/')
    .option('--evidence <file>', "the gates' signed verdicts, one a line, as `npm run gate` writes them")
    .option('--because <text>', 'why, for whoever approves it', 'it passed its gates')
    .option('--remote <url>', "the team's repository; default: origin of this checkout")
    .option('--keys <dir>', 'your keys; default: keys in the state folder')
    .option(
      '--github <owner/name>',
      'open, comment on or merge its pull request there; needs GITHUB_TOKEN, and GITHUB_API_URL for another server',
    )
    .option('--dry-run', 'show the whole effect, change nothing, ask nobody')
    .addHelpText('after', HELP);
  const options = parseOptions<Options>(command, args);
  const [action, branch] = command.args as [Action | undefined, string | undefined];
  const environmentNamed = command.getOptionValueSource('environment') === 'cli';
  const own = action === undefined && options.environment === 'local' && options.remote === undefined;
  return own
    ? promoteHere(options, checkout)
    : teamAction(action ?? 'propose', branch, { ...options, environmentNamed }, checkout);
}

const HELP = `
In the local environment the gates decide: --policy and --evidence, and it is one commit.
Elsewhere people do, and a promotion is a branch that gathers what they say:
  propose --environment paper --policy DIR   opens it; also --limits FILE, --config FILE, --from BRANCH
  attest BRANCH --evidence FILE              adds the gates' verdicts on exactly that slot
  approve BRANCH                             adds your approval, signed; the author's never counts
  seal BRANCH                                signs the promotion when nothing is missing (CI)
  merge BRANCH                               merges it, with ledger and label
  status BRANCH                              says what it changes, and what is missing; of any branch
Who approves what stands in environments/approvals.yaml.`;

/** The `local` environment of this machine: one commit, at once. */
async function promoteHere(options: Options, checkout: string): Promise<number> {
  const { state, environment, json, policy, policyImage, evidence, dryRun } = options;
  if (policyImage !== undefined) {
    throw new InputError('promote: --policy-image is for environments of a cluster, local reads the files from Git');
  }
  if (policy === undefined || evidence === undefined) {
    throw new InputError('promote: lacks --policy and --evidence, both are needed in local; see --help');
  }
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
