import type { Construct } from 'constructs';
import type * as core from 'kubernetes-types/core/v1.js';
import type { Templated } from '../../template/expression.ts';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf } from '../names.ts';

/** Without rights and without a token: nothing of ours talks to the cluster's API. */
export class ServiceAccount extends Manifest<core.ServiceAccount> {
  constructor(scope: Construct, component: Component, annotations?: Templated<Record<string, string>>) {
    super(scope, `${component}-service-account`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        name: nameOf(component),
        labels: labelsOf(component),
        ...(annotations === undefined ? {} : { annotations }),
      },
      automountServiceAccountToken: false,
    });
  }
}
