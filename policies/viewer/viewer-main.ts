/**
 * The page as a process of its own: `node policies/viewer/viewer-main.ts --runtime URL`.
 *
 * Watches one runtime's window and acts on nothing. Exit codes: 0 stopped by a signal, 2 bad usage, 3 failure.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ViewerServer } from './server.ts';

/** Where `npm run image` puts it. */
const PAGE = path.resolve(import.meta.dirname, '../../page');

const USAGE = `usage: node policies/viewer/viewer-main.ts --runtime URL [--page DIR] [--host ADDRESS] [--port N] [--name NAME…]

  --page DIR      the built page (default: page/ of the image)
  --runtime URL   the window of the runtime to watch, such as http://emp-runtime-0.emp-runtime:9464
  --host ADDRESS  bind address (default 127.0.0.1); who reaches it can watch, nobody can act
  --port N        port (default 8080; 0 picks one)
  --name NAME     a host name by which browsers may call it, besides addresses and localhost
`;

interface Flags {
  readonly page: string;
  readonly runtime: URL;
  readonly host: string;
  readonly port: number;
  readonly names: readonly string[];
}

class UsageError extends Error {
  readonly exitCode = 2;
}

function readFlags(args: readonly string[]): Flags {
  const text = { type: 'string' } as const;
  const options = {
    page: text,
    runtime: text,
    host: text,
    port: text,
    name: { type: 'string', multiple: true },
  } as const;
  let values: { page?: string; runtime?: string; host?: string; port?: string; name?: string[] };
  try {
    values = parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new UsageError(`viewer: ${(cause as Error).message.split('. ')[0]}; see --help`, { cause });
  }
  const { page = PAGE, runtime, host = '127.0.0.1', port = '8080', name = [] } = values;
  if (runtime === undefined || !URL.canParse(runtime)) {
    throw new UsageError(`viewer: --runtime is ${runtime ?? 'absent'}, the address of a runtime's window is required`);
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError(`viewer: --port is ${JSON.stringify(port)}, an integer from 0 to 65535 is allowed`);
  }
  return { page, runtime: new URL(runtime), host, port: Number(port), names: name };
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  const { page, runtime, host, port, names } = readFlags(args);
  const viewer = new ViewerServer({ host, port, names, pageDirectory: page });
  const { url } = await viewer.start();
  viewer.publish({ kind: 'phase', phase: 'trading', note: `Watching the runtime at ${runtime.host}.` });
  viewer.relay(new URL('/stream', runtime).href);
  process.stdout.write(`${JSON.stringify({ event: 'listening', url, runtime: runtime.href })}\n`);
  const stop = () => void viewer.stop();
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { exitCode = 3, message } = error as Error & { exitCode?: number };
  process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
