/** What it costs to read, check and render environments, by how many there are; one `kustomize build` beside it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { objectsOf } from '../../platform/objects-of.ts';
import { baseFiles } from '../../platform/render/kustomize.ts';
import { renderEnvironment } from '../../platform/render/render.ts';
import { type ReadFile, readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { chartValues } from '../../platform/values/schema.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import { kubernetesTool } from '../suites/kubernetes-tools.ts';
import { type Figure, figure } from './figure.ts';

const DOCUMENTS = ['config', 'limits', 'platform', 'policy'] as const;
const BUILDS = 10;
/** As many as the compiler needs to know what is hot. */
const WARM_UP = 200;

const root = path.resolve(import.meta.dirname, '../..');

/** Milliseconds per 100 environments for each count, and of one `kustomize build` where there is kustomize. */
export function benchRendering(repeats: number, counts: readonly number[] = [10, 100, 1000]): Figure[] {
  const names = Array.from({ length: Math.max(...counts) }, (_, index) => `fleet-${index}`);
  const read = copiesOfPaper(names);
  rendered(names.slice(0, WARM_UP), read);
  const figures = counts.flatMap((count) => {
    const wallMs: number[] = [];
    const processorMs: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const beganNs = stopwatchNs();
      const before = process.cpuUsage();
      rendered(names.slice(0, count), read);
      const used = process.cpuUsage(before);
      wallMs.push((stopwatchNs() - beganNs) / 1e6);
      processorMs.push((used.user + used.system) / 1e3);
    }
    const perHundred = (values: readonly number[]) => values.map((value) => (100 * value) / count);
    return [
      figure(`renderAndValidate${count}EnvironmentsPer100Ms`, perHundred(wallMs)),
      // What a busy machine's neighbours do not add to.
      figure(`renderAndValidate${count}EnvironmentsPer100ProcessorMs`, perHundred(processorMs)),
    ];
  });
  const kustomize = kubernetesTool('kustomize');
  if (kustomize === undefined) return figures;
  return [
    ...figures,
    figure('oneKustomizeBuildEachPer100EnvironmentsMs', builds(kustomize, names.slice(0, BUILDS), read)),
  ];
}

/** Documents parsed and checked, every file written, every object made, the chart's values held to their schema. */
function rendered(names: readonly string[], read: ReadFile): void {
  for (const name of names) {
    const environment = readEnvironment(name, read);
    const files = renderEnvironment(environment);
    const { namespace: _, ...values } = environment.values;
    chartValues.parse(values);
    if (files.size === 0 || objectsOf(environment).length === 0) throw new Error(`${name}: rendered to nothing`);
  }
}

function copiesOfPaper(names: readonly string[]): ReadFile {
  const fromPaper = readFileUnder(root);
  const files = new Map<string, Uint8Array>();
  for (const document of DOCUMENTS) {
    const text = Buffer.from(fromPaper(`environments/paper/${document}.yaml`) as Uint8Array).toString('utf8');
    for (const name of names) {
      const copy = text.replace(/^environment: .*$/m, `environment: ${name}`).replace('emp-paper', `emp-${name}`);
      files.set(`environments/${name}/${document}.yaml`, Buffer.from(copy));
    }
  }
  return (file) => files.get(file);
}

/** Milliseconds per 100, of one process each. */
function builds(kustomize: string, names: readonly string[], read: ReadFile): number[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-rendering-'));
  try {
    const put = (file: string, content: string | Uint8Array): void => {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), content);
    };
    for (const [file, content] of baseFiles()) put(file, content);
    return names.map((name) => {
      for (const [file, content] of renderEnvironment(readEnvironment(name, read))) put(file, content);
      for (const document of DOCUMENTS) {
        const file = `environments/${name}/${document}.yaml`;
        put(file, read(file) as Uint8Array);
      }
      const beganNs = stopwatchNs();
      execFileSync(kustomize, ['build', path.join(folder, 'environments', name)]);
      return ((stopwatchNs() - beganNs) / 1e6) * 100;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
