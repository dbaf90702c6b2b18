/** A Kubernetes object as far as sync looks into it. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly generation?: number;
  };
  readonly [field: string]: unknown;
}

/** `StatefulSet emp-runtime`: how people and messages call it. */
export function nameOf({ kind, metadata }: ClusterObject): string {
  return `${kind} ${metadata.name}`;
}

/** `apps/StatefulSet/emp/emp-runtime`: the same for two texts of one object, whatever the version. */
export function keyOf({ apiVersion, kind, metadata }: ClusterObject): string {
  return `${groupOf(apiVersion)}/${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** The part of an apiVersion before its slash; empty for the core. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : '';
}

/** The workload that trades. */
export function isRuntime({ kind, metadata }: ClusterObject): boolean {
  return kind === 'StatefulSet' && metadata.labels?.['app.kubernetes.io/component'] === 'runtime';
}
