/**
 * An environment as its files say it. The sources are plain documents that people write: `platform.yaml` (where and with
 * what it runs), `config.yaml` and `limits.yaml` (what the runtime reads), and the pointer `policy.yaml`, which promotion
 * and rollback move. Everything else is rendered from them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Document, isMap, isScalar } from 'yaml';
import {
  type CalendarDocument,
  calendarDocument,
  limits as limitsSchema,
  type PolicyPointer,
  policyPointer,
  type RuntimeConfig,
  runtimeConfig,
} from '../../runtime/contract.ts';
import { difference } from '../template/difference.ts';
import { evaluate, holds } from '../template/evaluate.ts';
import { BadInput, checked, documentOf } from './problems.ts';
import { type Rule, rules } from './rules.ts';
import { platformDocument, type Values } from './schema.ts';

export const POLICY_FILES = ['policy.json', 'sequence.onnx', 'step.onnx'] as const;

/** A ConfigMap may hold 1 MiB, as base64. */
const POLICY_BYTES_MAX = 700 * 1024;

/** An environment that runs in a cluster. */
export interface Environment {
  readonly name: string;
  readonly values: Values;
  /** When its market trades; undefined: always. */
  readonly calendar: CalendarDocument | undefined;
  /** Bytes by name of the policy that the pointer names; empty without one, and where an image holds them. */
  readonly policyFiles: ReadonlyMap<string, Uint8Array>;
}

/** Gives a file's bytes by its path from the repository's root, or undefined. */
export type ReadFile = (file: string) => Uint8Array | undefined;

export const readFileUnder =
  (root: string): ReadFile =>
  (file) => {
    const at = path.join(root, file);
    return existsSync(at) ? readFileSync(at) : undefined;
  };

/** Names of the environments in a checkout that run in a cluster: those with a `platform.yaml`, in order. */
export function clusterEnvironments(root: string): string[] {
  return readdirSync(path.join(root, 'environments'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(entry.parentPath, entry.name, 'platform.yaml')))
    .map(({ name }) => name)
    .sort();
}

/** @throws BadInput naming file, path, actual and allowed value; a line per problem */
export function readEnvironment(name: string, read: ReadFile): Environment {
  const folder = `environments/${name}`;
  const text = (file: string): string => Buffer.from(bytesOf(read, file)).toString('utf8');
  const files = {
    platform: `${folder}/platform.yaml`,
    config: `${folder}/config.yaml`,
    limits: `${folder}/limits.yaml`,
    policy: `${folder}/policy.yaml`,
  };
  const documents = { config: text(files.config), limits: text(files.limits) };
  const config = fullConfig(documents.config, files.config);
  const limitsDocument = documentOf(documents.limits, files.limits);
  const limits = checked(limitsSchema, limitsDocument.toJS(), files.limits);
  if (config.environment !== name) {
    throw new BadInput(
      `${files.config}: environment is ${JSON.stringify(config.environment)}, only "${name}" is allowed`,
    );
  }
  holdReasons(limitsDocument, files.limits);
  const platform = checked(platformDocument, documentOf(text(files.platform), files.platform).toJS(), files.platform);
  const pointer = checked(policyPointer, documentOf(text(files.policy), files.policy).toJS(), files.policy);
  const { image = '' } = pointer;
  const policyFiles = image === '' ? filesOf(pointer, read, files.policy) : new Map<string, Uint8Array>();
  const evidence = pointer.evidence === null ? '' : text(pointer.evidence);
  const values = { ...platform, config, limits, documents, policy: { digest: pointer.policy ?? '', image, evidence } };
  holdRules(values, files);
  return { name, values, calendar: calendarIn(folder, read), policyFiles };
}

/** @throws BadInput when one is not there, or all of them are more than a ConfigMap holds */
function filesOf({ path: folder }: PolicyPointer, read: ReadFile, pointerFile: string): Map<string, Uint8Array> {
  const files = new Map(
    folder === null ? [] : POLICY_FILES.map((file): [string, Uint8Array] => [file, bytesOf(read, `${folder}/${file}`)]),
  );
  const bytes = [...files.values()].reduce((total, file) => total + file.byteLength, 0);
  if (bytes <= POLICY_BYTES_MAX) return files;
  throw new BadInput(
    `${folder}: the policy is too large (${bytes} bytes), at most ${POLICY_BYTES_MAX} is allowed in a ConfigMap; pack it (npm run policy -- pack), push it, and name it in ${pointerFile}: image`,
  );
}

function calendarIn(folder: string, read: ReadFile): CalendarDocument | undefined {
  const file = `${folder}/calendar.yaml`;
  const bytes = read(file);
  if (bytes === undefined) return undefined;
  return checked(calendarDocument, documentOf(Buffer.from(bytes).toString('utf8'), file).toJS(), file);
}

/** @throws BadInput with a line per rule that refuses these values */
export function holdRules(values: Values, files: Readonly<Record<Rule['document'], string>>): void {
  const scope = { values, namespace: values.namespace };
  const broken = rules.filter(({ refusedWhen }) => holds(refusedWhen, scope));
  if (broken.length === 0) return;
  throw new BadInput(
    broken.map(({ document, problem }) => `${files[document]}: ${evaluate(problem, scope)}`).join('\n'),
  );
}

/** Written out in full, so that a changed default shows as a changed file and a changed digest. */
function fullConfig(text: string, file: string): RuntimeConfig {
  const raw = documentOf(text, file).toJS();
  const config = checked(runtimeConfig, raw, file);
  const [absent] = difference(raw, config);
  if (absent === undefined) return config;
  const key = absent.path.slice(1).replaceAll('/', '.');
  throw new BadInput(`${file}: ${key} is absent, it must be written out (default: ${JSON.stringify(absent.value)})`);
}

function bytesOf(read: ReadFile, file: string): Uint8Array {
  const bytes = read(file);
  if (bytes === undefined) throw new BadInput(`${file}: is absent, and an environment that runs in a cluster needs it`);
  return bytes;
}

/** Every limit says why it is what it is: a comment `# why: …` above it. */
function holdReasons({ contents }: Document, file: string): void {
  if (!isMap(contents)) return;
  for (const [index, { key }] of contents.items.entries()) {
    if (!isScalar(key)) continue;
    // The parser hands what stands above the first key to the whole map.
    const comment = `${index === 0 ? (contents.commentBefore ?? '') : ''}\n${key.commentBefore ?? ''}`;
    if (!/^ why: \S/m.test(comment)) {
      throw new BadInput(`${file}: ${key.value} has no reason, a comment "# why: …" above it is required`);
    }
  }
}
