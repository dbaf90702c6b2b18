/** One Kubernetes object of the definition, typed, its values still open. */
import { ApiObject, type ApiObjectProps } from 'cdk8s';
import { Construct } from 'constructs';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { Expression, Templated } from '../template/expression.ts';

/** What every object of ours has. A namespace is the delivery's to add; names are explicit and never hashed. */
interface Body {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
}

/** `id` names the object's file: `runtime-service` is written to `runtime-service.yaml`. */
export class Manifest<T extends Body> extends ApiObject {
  constructor(
    scope: Construct,
    id: string,
    object: Templated<T> & { readonly kind: string; readonly apiVersion: string },
  ) {
    // cdk8s types names and labels as text; ours may be expressions, which it passes through as the plain data they are.
    super(scope, id, object as unknown as ApiObjectProps);
  }
}

/** What is in it exists only where `condition` holds; where it lies in another option, only where that holds, too. */
export class Option extends Construct {
  readonly condition: Expression<boolean>;

  constructor(scope: Construct, id: string, condition: Expression<boolean>) {
    super(scope, id);
    this.condition = condition;
  }
}
