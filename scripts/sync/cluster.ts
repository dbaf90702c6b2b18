/** The cluster's API as sync uses it: server-side apply that never forces, reading, listing by label, deleting, asking a pod. */
import { KubeConfig, type KubernetesObject, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import { InputError } from '../../runtime/boot/documents.ts';
import { type ClusterObject, nameOf } from './object.ts';

export const FIELD_MANAGER = 'emp-sync';

/** Fields that somebody else owns; sync reports them and leaves them. */
export interface Conflict {
  readonly object: string;
  readonly field: string;
  readonly manager: string;
}

export type Applied =
  | { readonly ok: true; readonly object: ClusterObject }
  | { readonly ok: false; readonly conflicts: readonly Conflict[] };

/** The cluster that `KUBECONFIG`, or the current context, names. @throws InputError when it cannot be read */
export function kubeConfig(): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (cause) {
    throw new InputError('kubeconfig: cannot be read; set KUBECONFIG to a sound one', { cause });
  }
  return config;
}

export class Cluster {
  readonly #api: KubernetesObjectApi;
  readonly #server: string;

  /** @throws Error when the configuration names no cluster */
  constructor(config: KubeConfig) {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('kubeconfig: names no cluster; set KUBECONFIG, or choose a context');
    this.#server = server;
    this.#api = KubernetesObjectApi.makeApiClient(config);
  }

  async apply(object: ClusterObject, dryRun: boolean): Promise<Applied> {
    try {
      const applied = await this.#api.patch(
        sent(object),
        undefined,
        dryRun ? 'All' : undefined,
        FIELD_MANAGER,
        false,
        PatchStrategy.ServerSideApply,
      );
      return { ok: true, object: received(applied) };
    } catch (error) {
      const status = statusOf(error);
      const causes = status?.details?.causes?.filter(({ reason }) => reason === 'FieldManagerConflict') ?? [];
      if (status?.code !== 409 || causes.length === 0) throw this.#named(error, `${nameOf(object)}: cannot be applied`);
      const conflicts = causes.map(({ field = '', message = '' }) => ({
        object: nameOf(object),
        field,
        manager: /conflict with "([^"]+)"/.exec(message)?.[1] ?? message,
      }));
      return { ok: false, conflicts };
    }
  }

  async read(object: ClusterObject): Promise<ClusterObject | undefined> {
    try {
      return received(await this.#api.read(sent(object) as never));
    } catch (error) {
      if (statusOf(error)?.code === 404) return undefined;
      throw this.#named(error, `${nameOf(object)}: cannot be read`);
    }
  }

  /** @returns nothing for a kind that this cluster does not know any more */
  async list(apiVersion: string, kind: string, namespace: string, labels: string): Promise<ClusterObject[]> {
    try {
      const found = await this.#api.list(
        apiVersion,
        kind,
        namespace,
        undefined,
        undefined,
        undefined,
        undefined,
        labels,
      );
      return found.items.map((item) => received({ ...item, apiVersion, kind }));
    } catch (error) {
      if (statusOf(error)?.code === 404 || /Unrecognized API version and kind/.test(String(error))) return [];
      throw this.#named(error, `${kind}: cannot be listed`);
    }
  }

  async remove(object: ClusterObject): Promise<void> {
    try {
      await this.#api.delete(sent(object), undefined, undefined, undefined, undefined, 'Background');
    } catch (error) {
      if (statusOf(error)?.code !== 404) throw this.#named(error, `${nameOf(object)}: cannot be deleted`);
    }
  }

  #named(error: unknown, problem: string): Error {
    const status = statusOf(error);
    const because = status?.message ?? (error as Error).cause ?? (error as Error).message;
    const where = status === undefined ? ` at ${this.#server}` : '';
    return new Error(`${problem}${where}: ${because instanceof Error ? because.message : because}`, { cause: error });
  }
}

interface Status {
  readonly code: number;
  readonly message?: string;
  readonly details?: {
    readonly causes?: readonly { readonly reason?: string; readonly field?: string; readonly message?: string }[];
  };
}

/** What the API server said, when it was the one that refused. */
function statusOf(error: unknown): Status | undefined {
  const { code, body } = error as { code?: unknown; body?: unknown };
  if (typeof code !== 'number') return undefined;
  let parsed: unknown = body;
  if (typeof body === 'string') {
    try {
      parsed = JSON.parse(body);
    } catch {
      parsed = { message: body };
    }
  }
  return { ...(parsed as Status), code };
}

function sent(object: ClusterObject): KubernetesObject {
  return object as unknown as KubernetesObject;
}

function received(object: KubernetesObject): ClusterObject {
  return JSON.parse(JSON.stringify(object)) as ClusterObject;
}
