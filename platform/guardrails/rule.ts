/**
 * A rule in its two forms: for people and programs that hold objects in their hands (`check`), and for the API server,
 * whoever asks it (`admission`, a ValidatingAdmissionPolicy in CEL). Both stand in one file and are held to the same
 * fixtures, so that they cannot come to mean different things.
 */
import type { ClusterConfiguration } from '../cluster/configuration.ts';
import type { Place } from '../cluster/namespace.ts';
import type { ClusterObject } from '../cluster/object.ts';

export interface Context {
  readonly place: Place;
  readonly configuration: ClusterConfiguration;
  /** `sha256:…` of the policy that this environment's pointer names; undefined: nothing may trade. */
  readonly approvedPolicy: string | undefined;
  /** The image that holds its files; undefined: a ConfigMap does. */
  readonly approvedImage: string | undefined;
}

/** What is wrong, and with which object. */
export interface Finding {
  readonly object: ClusterObject;
  readonly problem: string;
}

export interface Rule {
  /** Names the rule, its fixtures and its admission policy. */
  readonly name: string;
  /** What holds where the rule holds, in one sentence. */
  readonly holds: string;
  applies(context: Context): boolean;
  /** One sentence for each thing that is wrong with the object; none when it is no object of this rule. */
  check?(object: ClusterObject, context: Context): readonly string[];
  /** The same of what only all objects together show. */
  checkAll?(objects: readonly ClusterObject[], context: Context): readonly Finding[];
  /** Absent where the API server cannot see enough of it. */
  admission?(context: Context): Admission;
}

/** What the API server is told; `admissionObjects` makes the policy and its binding of it. */
export interface Admission {
  readonly match: readonly Match[];
  /** Only what all of them hold of is checked. */
  readonly conditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly { readonly expression: string; readonly message: string }[];
  /** Where it holds; absent: in the environment's namespace. */
  readonly where?: 'cluster' | 'elsewhere';
  /** A ConfigMap of the namespace, read as `params`. Where it is not there everything is refused. */
  readonly parameters?: string;
}

export interface Match {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly operations?: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
}
