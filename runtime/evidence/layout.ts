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

export function approvedPath(policy: string): string {
  return `policies/approved/${digest12(policy)}`;
}

export function evidencePath(policy: string): string {
  return `policies/evidence/${digest12(policy)}.intoto.jsonl`;
}
