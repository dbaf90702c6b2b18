/** The documents that a candidate is judged under, and the digests by which a slot names them. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JudgedSlot } from '../../gates/gate.ts';
import { readDocument } from '../../runtime/boot/documents.ts';
import { type Limits, limits, type RuntimeConfig, runtimeConfig } from '../../runtime/contract.ts';
import { imageDigestOfTree } from '../../runtime/evidence/digest.ts';
import { configPath, limitsPath } from '../../runtime/evidence/layout.ts';
import { gitResult } from './git.ts';
import { existingEnvironment } from './product.ts';
import { fetchHead } from './repository.ts';
import { exportAt } from './tree.ts';

export interface JudgedDocuments {
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  /** Undefined, with the reason, when the code that judges is no commit's: its verdicts count for no slot. */
  readonly slot: JudgedSlot | undefined;
  readonly because: string | undefined;
}

/**
 * Limits and configuration of an environment as they would hold after a promotion: those of the checkout, or, where the
 * state folder holds this environment's own repository, those of its head. The image is the checkout's `runtime/`.
 */
export async function judgedDocuments(checkout: string, state: string, environment: string): Promise<JudgedDocuments> {
  const files = [configPath(environment), limitsPath(environment)];
  const own = environment === 'local' && existsSync(path.join(state, 'environment.git'));
  const folder = own ? mkdtempSync(path.join(tmpdir(), 'emp-judged-')) : checkout;
  try {
    if (own) {
      const repository = await existingEnvironment(state);
      await exportAt(repository.work, await fetchHead(repository), files, folder);
    }
    const config = readDocument(path.join(folder, configPath(environment)), runtimeConfig);
    const limited = readDocument(path.join(folder, limitsPath(environment)), limits);
    const image = await committedImage(checkout);
    const slot =
      'because' in image ? undefined : { image: image.digest, config: config.digest, limits: limited.digest };
    return {
      config: config.value,
      limits: limited.value,
      slot,
      because: 'because' in image ? image.because : undefined,
    };
  } finally {
    if (own) rmSync(folder, { recursive: true, force: true });
  }
}

/** The image that the checkout's HEAD stands for, or why what would run here is none. */
async function committedImage(checkout: string): Promise<{ readonly digest: string } | { readonly because: string }> {
  const tree = await gitResult(checkout, ['rev-parse', '--verify', 'HEAD:runtime'], { asUser: true });
  if (tree.status !== 0) return { because: `${checkout} is no Git checkout with a commit` };
  const status = await gitResult(checkout, ['status', '--porcelain', '--', 'runtime', 'gates', 'policies'], {
    asUser: true,
  });
  const changed = status.stdout.toString('utf8').split('\n').filter(Boolean);
  if (changed.length > 0) return { because: `${changed.length} file(s) differ from the commit: ${changed[0]?.trim()}` };
  return { digest: imageDigestOfTree(tree.stdout.toString('utf8').trim()) };
}

/** The same in a pod, whose deployment is laid out as a commit has it and where no Git is. */
export function deployedDocuments(deployment: string, environment: string, image: string | undefined): JudgedDocuments {
  const config = readDocument(path.join(deployment, configPath(environment)), runtimeConfig);
  const limited = readDocument(path.join(deployment, limitsPath(environment)), limits);
  return {
    config: config.value,
    limits: limited.value,
    slot: image === undefined ? undefined : { image, config: config.digest, limits: limited.digest },
    because: image === undefined ? 'no --image says which image runs' : undefined,
  };
}
