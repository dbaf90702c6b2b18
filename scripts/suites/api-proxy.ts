/** An API server that goes away, or ends its caller, at the n-th write: stands between a command and the real one. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';

export interface ApiProxy {
  /** Text of a kubeconfig that leads through it. */
  readonly kubeconfig: string;
  /** Writes that were asked for since `before`. */
  readonly writes: number;
  /** From now on `act` is called before the n-th write, which and all after it are cut off; 0: nothing happens. */
  before(n: number, act: () => void): void;
  close(): void;
}

/** @param file kubeconfig of the real one */
export async function apiProxy(file: string): Promise<ApiProxy> {
  const config = new KubeConfig();
  config.loadFromFile(file);
  const real = new URL(config.getCurrentCluster()?.server as string);
  const { token } = config.getCurrentUser() as { token?: string };
  let [writes, at] = [0, 0];
  let act = (): void => {};

  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method = 'GET', url = '/', headers } = incoming;
    // A dry run writes nothing.
    if (method !== 'GET' && !url.includes('dryRun=')) writes++;
    if (at > 0 && writes >= at) {
      if (writes === at) act();
      incoming.socket.destroy();
      return;
    }
    const options = { host: real.hostname, port: real.port, method, path: url, headers, rejectUnauthorized: false };
    const forwarded = request(options, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    forwarded.on('error', () => incoming.socket.destroy());
    incoming.pipe(forwarded);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    kubeconfig: stringify({
      apiVersion: 'v1',
      kind: 'Config',
      // Plain HTTP is refused by the client unless it is told that nothing vouches for the server.
      clusters: [{ name: 'proxy', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'proxy', user: { token } }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
      'current-context': 'proxy',
    }),
    get writes() {
      return writes;
    },
    before(n, then) {
      [writes, at, act] = [0, n, then];
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
