/** What each delivery makes of an environment, object by object, and where two of them differ. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../platform/objects-of.ts';
import { difference } from '../../platform/template/difference.ts';

const run = promisify(execFile);
const MAX_OUTPUT = 64 * 1024 * 1024;

/** All that two deliveries may differ in. Whoever adds to it says why. */
export const EXCEPTIONS: readonly { readonly object: RegExp; readonly only: Delivery; readonly because: string }[] = [
  {
    object: /^ConfigMap emp-policy-[0-9a-f]{12}$/,
    only: 'kustomize',
    because:
      'a release would take the previous policy away with it, and Helm keeps at most 1 MiB; NOTES say how it comes',
  },
  {
    object: /^ConfigMap emp-gate-input$/,
    only: 'kustomize',
    because: 'a copy of the policy for the gates of Argo CD, which builds the overlay and not the chart',
  },
  {
    object: /^(Pod|NetworkPolicy|ServiceAccount) emp-test\b/,
    only: 'helm',
    because: 'pods of `helm test`, which are no part of what runs',
  },
];

export type Delivery = 'kustomize' | 'helm';
/** Objects by kind and name. */
export type Delivered = ReadonlyMap<string, unknown>;

export function byName(objects: readonly KubernetesObject[]): Delivered {
  return new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
}

export async function kustomizeBuild(kustomize: string, folder: string): Promise<Delivered> {
  const { stdout } = await run(kustomize, ['build', folder], { maxBuffer: MAX_OUTPUT });
  return byName(documents(stdout));
}

export async function helmTemplate(
  helm: string,
  chart: string,
  namespace: string,
  args: readonly string[],
): Promise<Delivered> {
  const all = ['template', 'emp', chart, '--namespace', namespace, ...args];
  const { stdout } = await run(helm, all, { maxBuffer: MAX_OUTPUT });
  return byName(documents(stdout));
}

function documents(yaml: string): KubernetesObject[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    if ('errors' in document && document.errors.length > 0) throw document.errors[0];
    return (document.toJS() as KubernetesObject | null) ?? [];
  });
}

/** One sentence for each field, and for each object, in which `delivery` differs from the program's objects. */
export function differences(program: Delivered, delivered: Delivered, delivery: Delivery): string[] {
  const excepted = (name: string, only: Delivery) =>
    EXCEPTIONS.some((exception) => exception.only === only && exception.object.test(name));
  const found: string[] = [];
  for (const [name, object] of program) {
    const other = delivered.get(name);
    if (other === undefined) {
      if (delivery === 'kustomize' || !excepted(name, 'kustomize')) found.push(`${delivery} lacks ${name}`);
      continue;
    }
    for (const { path: at, value } of difference(object, other)) {
      found.push(`${delivery}: ${name}${at} is ${JSON.stringify(value)}, not what the program applies`);
    }
  }
  for (const name of delivered.keys()) {
    if (!program.has(name) && !excepted(name, delivery)) found.push(`${delivery} alone has ${name}`);
  }
  return found;
}

/** What the tool says when it refuses. @throws Error when it does not */
export async function refusal(tool: string, args: readonly string[]): Promise<string> {
  try {
    await run(tool, [...args], { maxBuffer: MAX_OUTPUT });
  } catch (error) {
    return String((error as { stderr?: string }).stderr);
  }
  throw new Error(`${path.basename(tool)} ${args[0]}: was content`);
}
