/** Debian's builder of images, with a storage of its own: what it makes or takes is seen by nobody else. */
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';

/** @throws InputError in the name of `command` when this machine builds no images */
export function requireBuildah(command: string): void {
  if (process.platform !== 'linux') {
    throw new InputError(
      `${command}: this machine runs ${process.platform}, images are built on linux only; use a Linux machine or CI`,
    );
  }
  try {
    execFileSync('buildah', ['--version'], { stdio: 'ignore' });
  } catch (cause) {
    throw new InputError(`${command}: buildah is not installed; your distribution’s package buildah has it`, {
      cause,
    });
  }
}

export class Buildah {
  readonly #storage: readonly string[];

  /** @param folder of its storage; the caller removes it */
  constructor(folder: string) {
    this.#storage = [
      '--storage-driver',
      'vfs',
      '--root',
      path.join(folder, 'root'),
      '--runroot',
      path.join(folder, 'run'),
    ];
  }

  /** Times are zero and modes set, so that equal files make an equal image. @param on flags and the folder to build from */
  async build(...on: readonly string[]): Promise<void> {
    const same = ['--isolation', 'chroot', '--timestamp', '0', '--quiet', '--format', 'docker', '--pull-never'];
    await this.run('build', ...same, ...on);
  }

  /** @returns what it printed. @throws Error with what it complained of */
  async run(...args: readonly string[]): Promise<string> {
    const child = spawn('buildah', [...this.#storage, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-4000);
    });
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    if (code !== 0) throw new Error(`buildah ${args[0]} failed (exit ${code}): ${complaint.trim()}`);
    return said.trim();
  }
}
