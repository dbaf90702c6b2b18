/** What a runtime in the cluster says of itself, asked through the API server: above all whether it may be taken away. */
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { type ClusterObject, isRuntime } from './object.ts';

const HTTP_PORT = 9464;
const audit = z.object({
  policyDigest: z.string().nullable(),
  symbols: z.array(z.object({ symbol: z.string(), positionLots: z.int() })),
});

/** @throws Error when the pod does not answer, or not in the runtime's words */
export async function auditOf(config: KubeConfig, namespace: string, pod: string): Promise<z.infer<typeof audit>> {
  const api = config.makeApiClient(CoreV1Api);
  const name = `${pod}:${HTTP_PORT}`;
  const answer: unknown = await api.connectGetNamespacedPodProxyWithPath({ name, namespace, path: 'audit' });
  return audit.parse(typeof answer === 'string' ? JSON.parse(answer) : answer);
}

/** @returns undefined when it holds no position, or is no runtime; else why it has to stay */
export function positionHolder(
  config: KubeConfig,
  namespace: string,
): (object: ClusterObject) => Promise<string | undefined> {
  const api = config.makeApiClient(CoreV1Api);
  return async (object) => {
    if (!isRuntime(object)) return undefined;
    const name = `${object.metadata.name}-0`;
    try {
      await api.readNamespacedPod({ name, namespace });
    } catch (error) {
      if ((error as { code?: unknown }).code === 404) return undefined;
      return `pod ${name} cannot be read, so nobody knows what it holds: ${(error as Error).message}`;
    }
    try {
      const { symbols } = await auditOf(config, namespace, name);
      const held = symbols.filter(({ positionLots }) => positionLots !== 0);
      if (held.length === 0) return undefined;
      return `it is not flat (${held.map(({ symbol, positionLots }) => `${symbol} ${positionLots} lots`).join(', ')}); flatten it first`;
    } catch (error) {
      return `it cannot be asked what it holds: ${(error as Error).message.slice(0, 200)}`;
    }
  };
}
