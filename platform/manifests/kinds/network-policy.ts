import type { Construct } from 'constructs';
import type * as networking from 'kubernetes-types/networking/v1.js';
import { given, type Templated, when } from '../../template/expression.ts';
import { values } from '../../values/references.ts';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf, selectorOf } from '../names.ts';

type Peer = Templated<networking.NetworkPolicyPeer>;
type Port = Templated<number>;

export interface NetworkPolicyProps {
  readonly component: Component;
  readonly annotations?: Templated<Record<string, string>>;
  /** Who may open connections to it, and to which port; nobody else may. */
  readonly from: readonly { readonly peers: readonly Peer[]; readonly port: Port }[];
  /** Where it may open connections besides asking for names; nowhere else. No peers: that port anywhere. */
  readonly to: readonly Templated<networking.NetworkPolicyEgressRule>[];
}

export class NetworkPolicy extends Manifest<networking.NetworkPolicy> {
  constructor(scope: Construct, { component, annotations, from, to }: NetworkPolicyProps) {
    // An empty list is stored as none, so that every apply would find it changed.
    const ingress = from.map(({ peers, port }) => ({ from: peers, ports: [{ protocol: 'TCP', port }] }));
    super(scope, `${component}-network-policy`, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: {
        name: nameOf(component),
        labels: labelsOf(component),
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec: {
        podSelector: { matchLabels: selectorOf(component) },
        policyTypes: ['Ingress', 'Egress'],
        ...(ingress.length === 0 ? {} : { ingress }),
        egress: [names, ...to],
      },
    });
  }
}

/** The cluster's DNS. */
const names: Templated<networking.NetworkPolicyEgressRule> = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

/** Pods of EMP in the same namespace; of one component where it is named. */
export const ours = (component?: Component): Peer => ({
  podSelector: {
    matchLabels: component === undefined ? { 'app.kubernetes.io/part-of': 'emp' } : selectorOf(component),
  },
});

/** Whatever runs where Prometheus does. */
export const monitoring: Peer = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': values.monitoring.namespace } },
};

/** A TCP port, of these peers or of anybody. */
export const tcp = (port: Port, peers?: readonly Peer[]): Templated<networking.NetworkPolicyEgressRule> => ({
  ...(peers === undefined ? {} : { to: peers }),
  ports: [{ protocol: 'TCP', port }],
});

/** PostgreSQL, where an archive is configured. */
export const toDatabase = when<networking.NetworkPolicyEgressRule>(
  given(values.database.secret),
  tcp(values.database.port),
);
