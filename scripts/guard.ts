/**
 * `npm run guard`: the rules over what would be deployed, over objects in a folder, and over every tracked file. Says what
 * is wrong and with which object; changes nothing, asks no cluster.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { titleOf } from '../platform/cluster/object.ts';
import { findings } from '../platform/guardrails/rules.ts';
import { clusterEnvironments } from '../platform/values/environment.ts';
import { exceptionsIn } from './guard/linters.ts';
import { objectsBelow } from './guard/objects.ts';
import { stackOf } from './guard/stack.ts';
import { trackedSecrets } from './guard/tracked-secrets.ts';

const root = path.resolve(import.meta.dirname, '..');

interface Problem {
  readonly environment?: string;
  readonly rule: string;
  readonly subject: string;
  readonly problem: string;
}

export function main(args: readonly string[]): number {
  const command = new Command('npm run guard --')
    .description('the rules over the stacks of this repository, or over objects in a folder')
    .argument('[folder]', 'YAML file or folder with objects; absent: what each environment’s stack holds')
    .option('--environment <name>', 'judge as in this environment; absent: all of them')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
  command.parse(args, { from: 'user' });
  const { environment, json } = command.opts<{ environment?: string; json?: boolean }>();
  const [folder] = command.args;
  const known = clusterEnvironments(root);
  if (environment !== undefined && !known.includes(environment)) {
    process.stderr.write(
      `environments/${environment}: is no environment of a cluster, allowed are ${known.join(', ')}\n`,
    );
    return 2;
  }
  if (folder !== undefined && !existsSync(folder)) {
    process.stderr.write(`${folder}: is not there, a YAML file or a folder with some is needed\n`);
    return 2;
  }
  const chosen = environment === undefined ? known : [environment];
  const judged = chosen.map((name) => judge(name, folder));
  const secrets = folder === undefined ? trackedSecrets(root) : [];
  const problems: readonly Problem[] = [
    ...judged.flatMap((one) => one.problems),
    ...secrets.map(({ file, line, looksLike }) => ({
      rule: 'no-secrets',
      subject: `${file}:${line}`,
      problem: `holds what looks like ${looksLike}`,
    })),
  ];
  const exceptions = judged.flatMap((one) => one.exceptions);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ objects: judged.map(({ name, objects }) => ({ environment: name, objects })), problems, exceptions })}\n`,
    );
    return problems.length === 0 ? 0 : 1;
  }
  for (const { name, objects } of judged) console.log(`${name}: ${objects} objects`);
  for (const { object, check, because } of exceptions) console.log(`exception: ${object}: ${check}: ${because}`);
  for (const { environment: where, rule, subject, problem } of problems) {
    console.log(`${where === undefined ? '' : `${where}: `}${rule}: ${subject}: ${problem}`);
  }
  console.log(`${problems.length} problems, ${exceptions.length} exceptions`);
  return problems.length === 0 ? 0 : 1;
}

function judge(name: string, folder: string | undefined) {
  const stack = stackOf(root, name);
  const objects = folder === undefined ? stack.objects : objectsBelow(folder);
  return {
    name,
    objects: objects.length,
    problems: findings(objects, stack.context).map(({ object, rule, problem }) => ({
      environment: name,
      rule,
      subject: titleOf(object),
      problem,
    })),
    exceptions: exceptionsIn(objects),
  };
}
