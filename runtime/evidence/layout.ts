/** Where the files of a slot lie, from the repository's root. Pointers may name these paths and no others. */
import { digest12 } from './digest.ts';

export const policyFileNames = ['policy.json', 'sequence.onnx', 'step.onnx'] as const;

export function pointerPath(environment: string): string {
  return `environments/${environment}/policy.yaml`;
}

export function limitsPath(environment: string): string {
  return `environments/${environment}/limits.yaml`;
}

export function configPath(environment: string): string {
  return `environments/${environment}/config.yaml`;
}

/** What the cluster environments share, rendered. */
export const basePath = 'environments/base';

export function environmentPath(environment: string): string {
  return `environments/${environment}`;
}

/**
 * Of files by path, those that an environment's `manifests` digest covers: its own, but for what a promotion writes itself
 * (`policy.yaml`, `policy-<digest12>.yaml`), which is held by the policy's digest and cannot be in its own approval; and
 * `base`, where an overlay builds on it.
 */
export function manifestsOf<T>(files: ReadonlyMap<string, T>, environment: string): [string, T][] {
  const own = `${environmentPath(environment)}/`;
  const overlay = files.has(`${own}kustomization.yaml`);
  return [...files].filter(
    ([file]) =>
      (file.startsWith(own) && !file.startsWith(`${own}policy`)) || (overlay && file.startsWith(`${basePath}/`)),
  );
}

export function approvedPath(policy: string): string {
  return `policies/approved/${digest12(policy)}`;
}

/** One file an environment and policy: the same policy may be approved in several environments, each for its own slot. */
export function evidencePath(environment: string, policy: string): string {
  return `policies/evidence/${environment}/${digest12(policy)}.intoto.jsonl`;
}
