/** Whether a runtime may be taken away: only when its own word, asked through the API server, is that it holds nothing. */
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import type { ClusterObject } from './object.ts';

const HTTP_PORT = 9464;
const audit = z.object({ symbols: z.array(z.object({ symbol: z.string(), positionLots: z.int() })) });

/** @returns undefined when it holds no position, or is no runtime; else why it has to stay */
export function positionHolder(
  config: KubeConfig,
  namespace: string,
): (object: ClusterObject) => Promise<string | undefined> {
  const api = config.makeApiClient(CoreV1Api);
  return async ({ kind, metadata }) => {
    if (kind !== 'StatefulSet' || metadata.labels?.['app.kubernetes.io/component'] !== 'runtime') return undefined;
    const name = `${metadata.name}-0`;
    try {
      await api.readNamespacedPod({ name, namespace });
    } catch (error) {
      if ((error as { code?: unknown }).code === 404) return undefined;
      return `pod ${name} cannot be read, so nobody knows what it holds: ${(error as Error).message}`;
    }
    try {
      const path = 'audit';
      const answer: unknown = await api.connectGetNamespacedPodProxyWithPath({
        name: `${name}:${HTTP_PORT}`,
        namespace,
        path,
      });
      const { symbols } = audit.parse(typeof answer === 'string' ? JSON.parse(answer) : answer);
      const held = symbols.filter(({ positionLots }) => positionLots !== 0);
      if (held.length === 0) return undefined;
      return `it is not flat (${held.map(({ symbol, positionLots }) => `${symbol} ${positionLots} lots`).join(', ')}); flatten it first`;
    } catch (error) {
      return `it cannot be asked what it holds: ${(error as Error).message.slice(0, 200)}`;
    }
  };
}
