/** The definition with the values of one environment. */
import { evaluate, holds } from '../template/evaluate.ts';
import type { Values } from '../values/schema.ts';
import { type DefinedObject, definition } from './definition.ts';

/** An object as every delivery makes it, but for its namespace. */
export interface Instance {
  readonly defined: DefinedObject;
  readonly object: { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string } };
}

/** What an overlay and the program's objects are both made from, hence made once. */
const known = new WeakMap<Values, readonly Instance[]>();

/** The objects that these values ask for, in the definition's order. */
export function instancesOf(values: Values): readonly Instance[] {
  let instances = known.get(values);
  if (instances === undefined) {
    const scope = { values, namespace: values.namespace };
    instances = definition
      .filter(({ condition }) => condition === undefined || holds(condition, scope))
      .map((defined) => ({ defined, object: evaluate(defined.object, scope) as Instance['object'] }));
    known.set(values, instances);
  }
  return instances;
}
