/** The stack of an environment as its committed files say it: what `pulumi up` registers, without Pulumi. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type ClusterConfiguration, readConfiguration } from '../../platform/cluster/configuration.ts';
import { contextOf, stackObjects } from '../../platform/program/environment.ts';
import { readEnvironment, readFileUnder } from '../../platform/values/environment.ts';

export const stackFile = (environment: string) => `Pulumi.${environment}.yaml`;

/** Where Pulumi makes no cluster of the environment there is no file; then the defaults. @throws Error when it is wrong */
export function configurationOf(root: string, environment: string): ClusterConfiguration {
  return readConfiguration(settingsOf(root, environment)['emp:cluster'] ?? {}, stackFile(environment));
}

/** `config` of the stack's file. */
export function settingsOf(root: string, environment: string): Readonly<Record<string, unknown>> {
  const at = path.join(root, stackFile(environment));
  const document = existsSync(at)
    ? (parse(readFileSync(at, 'utf8')) as { config?: Record<string, unknown> } | null)
    : null;
  return document?.config ?? {};
}

export function stackOf(root: string, name: string) {
  const environment = readEnvironment(name, readFileUnder(root));
  const configuration = configurationOf(root, name);
  return {
    environment,
    context: contextOf(environment, configuration),
    objects: stackObjects(environment, configuration),
  };
}
