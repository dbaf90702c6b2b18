/** Kubernetes objects as plain data: what the program registers, the guardrails read and the API server is asked about. */

export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** How an object is called in every message: `karpenter.sh/v1 NodePool emp-paper-evolution`. */
export function titleOf({ apiVersion, kind, metadata }: ClusterObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

export const ownLabels = { 'app.kubernetes.io/name': 'emp', 'app.kubernetes.io/part-of': 'emp' } as const;
