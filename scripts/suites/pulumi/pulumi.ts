/** Pulumi as a person runs it, with its state in a folder of the suite. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { ApiServer } from '../../testing/api-server.ts';
import { hold } from '../suite.ts';

export function onPath(name: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0;
}

export interface Run {
  readonly status: number;
  readonly text: string;
}

export interface Summary {
  /** Operation → how many objects of Kubernetes' it was for; `same` where nothing changes. */
  readonly operations: Readonly<Record<string, number>>;
  readonly changed: readonly string[];
}

export class Pulumi {
  readonly #checkout: string;
  readonly #environment: NodeJS.ProcessEnv;

  /** @param folder an empty one, for the state */
  constructor(checkout: string, folder: string, api: ApiServer) {
    this.#checkout = checkout;
    this.#environment = {
      ...api.environment,
      PATH: `${path.join(checkout, 'node_modules/.bin')}:${api.environment['PATH']}`,
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_HOME: path.join(folder, 'home'),
      PULUMI_CONFIG_PASSPHRASE: 'a-test',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      NO_COLOR: '1',
    };
  }

  run(...args: readonly string[]): Run {
    return this.#spawn('pulumi', [...args, '--non-interactive']);
  }

  /** By the repository's own command, policy pack and all. */
  platform(...args: readonly string[]): Run {
    return this.#spawn('node', ['scripts/start.mjs', 'platform', ...args]);
  }

  /** @throws Error with what Pulumi printed when it failed */
  done(what: string, { status, text }: Run): string {
    hold(status === 0, `${what} ended with ${status}:\n${text.split('\n').slice(-40).join('\n')}`);
    return text;
  }

  /** What an update would do now. */
  preview(stack: string): Summary {
    const text = this.done('preview', this.run('preview', '--stack', stack, '--json'));
    const { steps = [] } = JSON.parse(text.slice(text.indexOf('{\n'))) as {
      steps?: readonly { op: string; urn: string }[];
    };
    const ours = steps.filter(({ urn }) => urn.includes('::kubernetes:'));
    const operations: Record<string, number> = {};
    for (const { op } of ours) operations[op] = (operations[op] ?? 0) + 1;
    const changed = ours.filter(({ op }) => op !== 'same').map(({ op, urn }) => `${op} ${urn.split('::').at(-1)}`);
    return { operations, changed };
  }

  #spawn(command: string, args: readonly string[]): Run {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: this.#checkout,
      env: this.#environment,
      encoding: 'utf8',
      timeout: 240_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { status: status ?? 124, text: `${stdout}${stderr}` };
  }
}
