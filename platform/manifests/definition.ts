/** Every object that an environment may have, built once, values still open. */
import assert from 'node:assert/strict';
import { ApiObject, App, Chart } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { all, type Expression } from '../template/expression.ts';
import { Drift } from './drift.ts';
import { Evolution } from './evolution.ts';
import { Gates } from './gates.ts';
import { HelmTests } from './helm-tests.ts';
import { Option } from './manifest.ts';
import { Monitoring } from './monitoring.ts';
import { Priorities } from './priorities.ts';
import { Regression } from './regression.ts';
import { Runtime } from './runtime.ts';
import { Settings } from './settings.ts';
import { Venue } from './venue.ts';
import { Viewer } from './viewer.ts';
import { Workers } from './workers.ts';

/** An object with expressions where values will be. */
export interface TemplatedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string | Expression<string>; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface DefinedObject {
  /** Name of its file, without folder: `runtime-stateful-set.yaml`. */
  readonly file: string;
  /** The option that it belongs to, such as `viewer-hpa`; undefined: every environment has it. */
  readonly option: string | undefined;
  readonly condition: Expression<boolean> | undefined;
  readonly object: TemplatedObject;
}

const CLUSTER_WIDE: readonly string[] = ['PriorityClass'];

export const isClusterWide = (kind: string): boolean => CLUSTER_WIDE.includes(kind);

/** In the order of their files' names. */
export const definition: readonly DefinedObject[] = define([
  Settings,
  Runtime,
  Venue,
  Viewer,
  Gates,
  Regression,
  Drift,
  Evolution,
  Workers,
  Monitoring,
  Priorities,
]);

/** What only the chart has: pods that `helm test` runs. */
export const testDefinition: readonly DefinedObject[] = define([HelmTests]);

function define(parts: readonly (new (scope: Construct) => unknown)[]): DefinedObject[] {
  const chart = new Chart(new App(), 'emp');
  for (const Part of parts) new Part(chart);
  const objects = chart.node.findAll().filter(ApiObject.isApiObject).map(defined);
  assert.equal(new Set(objects.map(({ file }) => file)).size, objects.length, 'two objects have one file');
  return objects.sort((a, b) => (a.file < b.file ? -1 : 1));
}

function defined(object: ApiObject): DefinedObject {
  const options = object.node.scopes.filter((scope: IConstruct) => scope instanceof Option);
  const conditions = options.map(({ condition }) => condition);
  return {
    file: `${object.node.id}.yaml`,
    option: options.length === 0 ? undefined : options.map(({ node }) => node.id).join('-'),
    condition: conditions.length > 1 ? all(...conditions) : conditions[0],
    object: object.toJson() as TemplatedObject,
  };
}
