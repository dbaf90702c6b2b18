/** A PostgreSQL of this machine's packages, with a folder, a port and a password of its own, for as long as a suite runs. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleepMs } from '../../runtime/clock.ts';

const DEBIAN = '/usr/lib/postgresql';

export interface Server {
  /** For who reaches it at `host`. */
  url(host: string): string;
  stop(): Promise<void>;
}

/** Folder of the newest server's binaries, or undefined where there is none. */
export function postgresBinaries(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => path.join(DEBIAN, version, 'bin'))
    .find((bin) => existsSync(path.join(bin, 'initdb')));
}

/** @param within a prefix that runs a command in another network namespace; empty for none */
export async function startPostgres(bin: string, port: number, within: readonly string[]): Promise<Server> {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-postgres-'));
  const data = path.join(folder, 'data');
  mkdirSync(data);
  // no secret: the server listens on loopback and ends with the suite
  const password = 'of-this-suite-only';
  writeFileSync(path.join(folder, 'password'), password);
  // It refuses to run as root: then as the user that Debian's package made for it.
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    const uid = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
    for (const file of [folder, data, path.join(folder, 'password')]) chownSync(file, uid, 0);
  }
  chmodSync(folder, 0o700);
  const asServer = asRoot ? ['setpriv', '--reuid=postgres', '--clear-groups', '--regid=postgres'] : [];
  const run = (binary: string, args: readonly string[]): readonly [string, ...string[]] => {
    return [...within, ...asServer, path.join(bin, binary), ...args] as unknown as readonly [string, ...string[]];
  };
  const [init, ...initArgs] = run('initdb', [
    ...['--pgdata', data, '--username', 'emp', '--pwfile', path.join(folder, 'password')],
    ...['--auth', 'scram-sha-256', '--no-sync', '--encoding', 'UTF8'],
  ]);
  execFileSync(init, initArgs, { stdio: 'pipe' });
  const options = [`listen_addresses=*`, `port=${port}`, `unix_socket_directories=${folder}`, 'fsync=off'];
  writeFileSync(path.join(data, 'pg_hba.conf'), 'host all all 0.0.0.0/0 scram-sha-256\n');
  const [server, ...args] = run('postgres', ['-D', data, ...options.flatMap((option) => ['-c', option])]);
  const child = spawn(server, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for (let tries = 0; !existsSync(path.join(folder, `.s.PGSQL.${port}`)); tries++) {
    if (tries === 100 || child.exitCode !== null) throw new Error(`postgres on port ${port}: did not start`);
    await sleepMs(100);
  }
  return {
    url: (host) => `postgres://emp:${password}@${host}:${port}/postgres`,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
