/** What a checkout's runtime and gates really are: loaded from the checkout, so that documents can be held to another one. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Boundaries } from './parity.ts';

export interface Actual {
  readonly boundaries: Boundaries;
  readonly gates: readonly string[];
}

/** @throws Error when the checkout's modules cannot be loaded */
export async function actualOf(checkout: string): Promise<Actual> {
  const load = (file: string) => import(pathToFileURL(path.join(checkout, file)).href);
  const [contract, { Metrics }, { gateCatalog }] = await Promise.all([
    load('runtime/contract.ts'),
    load('runtime/telemetry/metrics.ts'),
    load('gates/catalog.ts'),
  ]);
  const { modes, flags, endpoints, opens } = contract.boundaries as Omit<Boundaries, 'limits' | 'metrics'>;
  const nobodyAsks = () => {
    throw new Error('no metric is read here');
  };
  const registered: { readonly name: string }[] = new Metrics({}, nobodyAsks).registry.getMetricsAsArray();
  return {
    boundaries: {
      modes,
      flags,
      endpoints,
      opens,
      limits: Object.keys(contract.limits.shape),
      metrics: registered.map(({ name }) => name),
    },
    gates: (gateCatalog as readonly { readonly name: string }[]).map(({ name }) => name),
  };
}
