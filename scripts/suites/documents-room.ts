/** A copy of the environments' documents and what is rendered from them, in which suites add and turn environments. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { type Environment, readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import type { PolicyPlace } from './turned-values.ts';

const root = path.resolve(import.meta.dirname, '../..');

export function copyDocuments(folder: string): void {
  const stacks = readdirSync(root).filter((file) => /^Pulumi\..*\.?yaml$/.test(file));
  for (const name of ['environments', 'charts', 'README.md', ...stacks]) {
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
}

/** One folder, and one file for Pulumi: paper's documents under another name. */
export function addStaging(folder: string): void {
  const renamed = (file: string) =>
    readFileSync(path.join(folder, file), 'utf8')
      .replace('environment: paper', 'environment: staging')
      .replaceAll('emp-paper', 'emp-staging');
  for (const document of ['config', 'limits', 'platform', 'policy']) {
    put(folder, `environments/staging/${document}.yaml`, renamed(`environments/paper/${document}.yaml`));
  }
  put(folder, 'Pulumi.staging.yaml', renamed('Pulumi.paper.yaml'));
}

/** Writes the documents of an environment with this platform document, and reads them as the renderer does. */
export function turnedEnvironment(folder: string, platform: string, place: PolicyPlace): Environment {
  const name = 'turned';
  const own = `environments/${name}`;
  const live = /^mode: live$/m.test(platform);
  const from = `environments/${live ? 'live' : 'paper'}`;
  const text = (file: string) => readFileSync(path.join(folder, file), 'utf8');
  put(folder, `${own}/config.yaml`, text(`${from}/config.yaml`).replace(/^environment: .*$/m, `environment: ${name}`));
  put(folder, `${own}/limits.yaml`, text(`${from}/limits.yaml`));
  put(folder, `${own}/platform.yaml`, platform);
  const digest = 'c0ffee'.repeat(11).slice(0, 64);
  const at = (below: string) => `policies/${below}`;
  const named = {
    policy: `sha256:${digest}`,
    path: at(`approved/${digest.slice(0, 12)}`),
    evidence: at('evidence/e.jsonl'),
  };
  const pointers = {
    none: { policy: null, path: null, evidence: null },
    files: named,
    image: { ...named, image: `registry.example/policies@sha256:${digest}` },
  };
  const pointer = pointers[place];
  put(folder, `${own}/policy.yaml`, stringify(pointer));
  rmSync(path.join(folder, named.path), { recursive: true, force: true });
  rmSync(path.join(folder, own, 'policy'), { recursive: true, force: true });
  if (place !== 'none') {
    put(folder, `${named.path}/policy.json`, '{"schema":"a policy"}\n');
    put(folder, named.evidence, '{"payload":"a"}\n{"payload":"<&>"}\n');
  }
  if (place === 'files') {
    const bytes = Buffer.from([0, 255, 10, 128]);
    for (const file of ['sequence.onnx', 'step.onnx']) put(folder, `${named.path}/${file}`, bytes);
  }
  return readEnvironment(name, readFileUnder(folder));
}

/** Writes a file below the folder. */
export function put(folder: string, file: string, content: string | Uint8Array): void {
  const at = path.join(folder, file);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, content);
}
