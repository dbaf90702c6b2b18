/**
 * `npm run platform -- VERB --stack NAME`: Pulumi with the policy pack, which a bare `pulumi up` would leave out, and with
 * the Node of the lockfile first on PATH. What it does not know it hands on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { clusterEnvironments } from '../platform/values/environment.ts';
import { settingsOf, stackFile, stackOf } from './guard/stack.ts';
import { type Kubectl, type Obstacles, obstacles } from './platform/obstacles.ts';

const root = path.resolve(import.meta.dirname, '..');
const PACK = path.join(root, 'platform/guardrails/pack');
const HIDING = pathToFileURL(path.join(PACK, 'no-compiler.mjs')).href;
const env = {
  ...process.env,
  // Pulumi starts the Node that it finds first: this one.
  PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
  // Not in PulumiPolicy.yaml: Pulumi puts a pack's `nodeargs` behind the script, where Node does not read them.
  NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${HIDING}`.trim(),
};

const VERBS = ['preview', 'up', 'refresh', 'destroy', 'outputs'] as const;
type Verb = (typeof VERBS)[number];

/** Verbs that make something: for them the rules hold, and the cluster must know the kinds and let us. */
const MAKES: readonly Verb[] = ['preview', 'up'];

const NONE: Obstacles = { code: 0, problems: [] };
const TIMEOUT_MS = 30_000;

export function main(args: readonly string[]): number {
  const { verb, stack, rest } = parsed(args);
  if (!clusterEnvironments(root).includes(stack)) {
    return refused(
      `environments/${stack}: is no environment of a cluster, allowed are ${clusterEnvironments(root).join(', ')}`,
    );
  }
  if (!existsSync(path.join(root, stackFile(stack)))) {
    return refused(`${stackFile(stack)}: is not there, it says what belongs to the cluster; copy Pulumi.paper.yaml`);
  }
  if (verb !== 'outputs') process.stderr.write(`platform: asking the cluster whether ${verb} can go through\n`);
  const found =
    verb === 'outputs' ? NONE : obstacles(kubectlOf(stack), MAKES.includes(verb) ? stackOf(root, stack).objects : []);
  const lacking =
    spawnSync('pulumi', ['version']).status === 0
      ? []
      : ['pulumi: is not on PATH, version 3.260 or newer is needed: https://www.pulumi.com/docs/install'];
  const problems = [...lacking, ...found.problems];
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\nplatform: nothing was done\n`);
    return lacking.length > 0 ? 2 : found.code;
  }
  const pack = MAKES.includes(verb) ? ['--policy-pack', PACK] : [];
  const words = verb === 'outputs' ? ['stack', 'output'] : [verb];
  const { status } = spawnSync('pulumi', [...words, '--stack', stack, ...pack, ...rest], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  if (status === null) return 3;
  // Pulumi says 255 for whatever it was; a refusal of ours and a failed update are both a check that did not hold.
  return status === 0 ? 0 : 1;
}

/** Of the cluster that Pulumi would use: a context in the stack's file goes before the current one. */
function kubectlOf(stack: string): Kubectl {
  const context = settingsOf(root, stack)['kubernetes:context'];
  return (args, objects = []) => {
    if (typeof context === 'string' && args[1] === 'current-context') return { status: 0, out: context, errors: '' };
    const { status, stdout, stderr, error } = spawnSync(
      'kubectl',
      [...args, ...(typeof context === 'string' ? ['--context', context] : [])],
      { input: objects.map((object) => JSON.stringify(object)).join('\n---\n'), encoding: 'utf8', timeout: TIMEOUT_MS },
    );
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return { status: 127, out: '', errors: '' };
    return { status: status ?? 1, out: stdout, errors: stderr };
  };
}

function parsed(args: readonly string[]): {
  readonly verb: Verb;
  readonly stack: string;
  readonly rest: readonly string[];
} {
  const command = new Command('npm run platform --')
    .description('Pulumi for one environment, with its rules')
    .argument('<verb>', VERBS.join(', '))
    .argument('[options...]', 'options of Pulumi’s, after another --')
    .requiredOption('--stack <name>', 'environment')
    .option('--yes', 'do not ask')
    .option('--json', 'JSON on stdout')
    .exitOverride();
  command.parse(args, { from: 'user' });
  const [verb, ...more] = command.args as [string, ...string[]];
  if (!(VERBS as readonly string[]).includes(verb))
    command.error(`error: unknown verb '${verb}', allowed are ${VERBS.join(', ')}`);
  const { stack, yes, json } = command.opts<{ stack: string; yes?: boolean; json?: boolean }>();
  const asks = verb === 'up' || verb === 'refresh' || verb === 'destroy';
  return { verb: verb as Verb, stack, rest: [...(yes && asks ? ['--yes'] : []), ...(json ? ['--json'] : []), ...more] };
}

function refused(problem: string): number {
  process.stderr.write(`${problem}\n`);
  return 2;
}
