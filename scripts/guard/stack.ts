/** The stack of an environment as its committed files say it: what `pulumi up` registers, without Pulumi. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type ClusterConfiguration, readConfiguration } from '../../platform/cluster/configuration.ts';
import { contextOf, stackObjects } from '../../platform/program/environment.ts';
import { readEnvironment, readFileUnder } from '../../platform/values/environment.ts';

/** @throws Error when there is no such file, or when it is wrong */
export function configurationOf(root: string, environment: string): ClusterConfiguration {
  const file = `Pulumi.${environment}.yaml`;
  const document = parse(readFileSync(path.join(root, file), 'utf8')) as { config?: Record<string, unknown> } | null;
  return readConfiguration(document?.config?.['emp:cluster'] ?? {}, file);
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
