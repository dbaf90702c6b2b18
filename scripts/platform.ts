/**
 * `npm run platform -- VERB --stack NAME`: Pulumi with the policy pack, which a bare `pulumi up` would leave out, and with
 * the Node of the lockfile first on PATH. What it does not know it hands on.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { clusterEnvironments } from '../platform/values/environment.ts';
import { customKinds, missingKinds } from './guard/kinds.ts';
import { stackOf } from './guard/stack.ts';

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

/** Verbs that make something: for them the rules hold, and the cluster must know the kinds. */
const MAKES: readonly Verb[] = ['preview', 'up'];

export function main(args: readonly string[]): number {
  const { verb, stack, rest } = parsed(args);
  if (!clusterEnvironments(root).includes(stack)) {
    return refused(
      `environments/${stack}: is no environment of a cluster, allowed are ${clusterEnvironments(root).join(', ')}`,
    );
  }
  if (spawnSync('pulumi', ['version']).status !== 0) {
    return refused('pulumi: is not on PATH, version 3.260 or newer is needed: https://www.pulumi.com/docs/install');
  }
  if (MAKES.includes(verb)) {
    const missing = missingKinds(customKinds(stackOf(root, stack).objects));
    if (missing.length > 0) return refused(missing.join('\n'));
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
