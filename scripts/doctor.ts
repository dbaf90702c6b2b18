/** `npm run doctor`: machine, tools, cluster, rights, and what to fix. Looks, and changes nothing. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { objectsOf } from '../platform/objects-of.ts';
import { clusterEnvironments, readEnvironment, readFileUnder } from '../platform/values/environment.ts';
import { InputError } from '../runtime/boot/documents.ts';
import { admits, reachable } from './doctor/cluster.ts';
import type { Finding, Run } from './doctor/finding.ts';
import { machine } from './doctor/machine.ts';
import { toolFindings } from './doctor/tools.ts';
import { environmentName, parseOptions, print, printJson } from './environment/cli.ts';

const root = path.resolve(import.meta.dirname, '..');
const TIMEOUT_MS = 30_000;

interface Options {
  readonly environment?: string;
  readonly json?: boolean;
}

/** @returns 0 nothing is wrong, 1 something is, 2 bad usage */
export function main(args: string[]): number {
  const { environment, json } = parseOptions<Options>(command(), args);
  const objects = environment === undefined ? undefined : objectsIn(environment);
  const findings = [
    ...machine(run),
    ...toolFindings(run, readFileSync(path.join(root, 'mise.toml'), 'utf8'), objects === undefined ? [] : ['kubectl']),
  ];
  if (run('kubectl', ['version', '--client']).status !== 127) {
    const { findings: cluster, up } = reachable(run);
    // Asked about an environment, a cluster that is not chosen is wrong; else it is only not there.
    findings.push(...cluster.map((found) => (objects === undefined ? found : needed(found))));
    if (up && objects !== undefined) findings.push(...admits(run, objects.namespace, objects.all));
  }
  const wrong = findings.filter(({ status }) => status === 'wrong');
  if (json === true) printJson({ ok: wrong.length === 0, findings });
  else print(...findings.map(lineOf), '', verdict(wrong.length, environment));
  return wrong.length === 0 ? 0 : 1;
}

function command(): Command {
  return new Command('npm run doctor --')
    .description('says what this machine and its cluster have and lack, and what to do about it; changes nothing')
    .option('--environment <name>', 'also whether the cluster would take this environment', environmentName)
    .option('--json', 'one JSON object on stdout and nothing else')
    .allowExcessArguments(false)
    .exitOverride();
}

function objectsIn(name: string) {
  const known = clusterEnvironments(root);
  if (!known.includes(name)) {
    throw new InputError(`doctor: --environment is ${JSON.stringify(name)}, ${known.join(', ')} are allowed`);
  }
  const environment = readEnvironment(name, readFileUnder(root));
  return { namespace: environment.values.namespace, all: objectsOf(environment) };
}

const run: Run = (program, args) => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: TIMEOUT_MS });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return { status: 127, out: '', errors: '' };
  return { status: status ?? 1, out: stdout, errors: stderr };
};

function needed(finding: Finding): Finding {
  return finding.status === 'absent' ? { ...finding, status: 'wrong' } : finding;
}

function lineOf({ area, subject, status, detail, fix }: Finding): string {
  const sign = { ok: 'ok     ', absent: 'absent ', wrong: 'WRONG  ' }[status];
  const remedy = fix === undefined ? '' : `\n${' '.repeat(19)}fix: ${fix}`;
  return `${sign} ${area.padEnd(8)} ${subject}: ${detail}${status === 'ok' ? '' : remedy}`;
}

function verdict(wrong: number, environment: string | undefined): string {
  if (wrong > 0) return `${wrong} to fix`;
  return environment === undefined
    ? 'nothing is wrong: npm run up'
    : `nothing is wrong: the cluster would take ${environment}`;
}
