/** The Pulumi program: reads what is declared and registers it. Everything that it decides, the pure functions decide. */
import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { readConfiguration } from '../cluster/configuration.ts';
import { readEnvironment, readFileUnder } from '../values/environment.ts';
import { contextOf, type Outputs, outputsOf, stackObjects } from './environment.ts';
import { register } from './register.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** @throws RunError (told without a stack) when the configuration or a document is wrong; then nothing is registered */
export function deploy(): Outputs {
  const name = pulumi.getStack();
  return forPeople(() => {
    const environment = readEnvironment(name, readFileUnder(root));
    const given = new pulumi.Config('emp').getObject<unknown>('cluster');
    const configuration = readConfiguration(given ?? {}, `Pulumi.${name}.yaml`);
    const objects = stackObjects(environment, configuration);
    register(objects, { protectNamespaces: environment.values.mode === 'live' });
    return outputsOf(contextOf(environment, configuration), objects);
  });
}

function forPeople<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new pulumi.RunError((error as Error).message);
  }
}
