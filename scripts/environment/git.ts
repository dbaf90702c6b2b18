/**
 * Git as a child process, shielded from the machine: no hook, signature, template or setting of the user's reaches it,
 * no identity is needed, nothing is asked on a terminal. The user's configuration is read, never written, and only for
 * reads of the user's own checkout, where it may hold what Git needs to trust that folder.
 */
import { spawn } from 'node:child_process';

export interface GitOptions {
  readonly input?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  /** Read with the user's own configuration: only for the user's checkout. */
  readonly asUser?: boolean;
}

export interface GitResult {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const settings = [
  ['core.hooksPath', '/dev/null'],
  ['core.autocrlf', 'false'],
  ['core.fsmonitor', 'false'],
  ['core.quotePath', 'false'],
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
  ['push.gpgSign', 'false'],
  ['push.followTags', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`]);

function environmentFor(options: GitOptions): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    // A GIT_DIR or GIT_INDEX_FILE inherited from a hook would send our commands into another repository.
    if (!name.startsWith('GIT_') || name === 'GIT_EXEC_PATH' || name.startsWith('GIT_SSH')) env[name] = value;
  }
  Object.assign(env, { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_NO_REPLACE_OBJECTS: '1' });
  if (options.asUser !== true) {
    Object.assign(env, { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1' });
  }
  return Object.assign(env, options.env);
}

/** Runs `git -C directory args` and returns whatever came of it. Throws only when Git itself cannot be started. */
export function gitResult(directory: string, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...settings, '-C', directory, ...args], {
      env: environmentFor(options),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // Git may end without reading its input; its exit status says why better than a broken pipe does.
    child.stdin.on('error', () => undefined);
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const actual = cause.code === 'ENOENT' ? 'no such program' : cause.message;
      reject(new Error(`git: cannot be started (${actual}), Git 2.30 or newer on the PATH is allowed`, { cause }));
    });
    child.on('close', (status) => {
      const text = Buffer.concat(stderr).toString('utf8').trim();
      resolve({ status: status ?? 128, stdout: Buffer.concat(stdout), stderr: text });
    });
    child.stdin.end(options.input ?? '');
  });
}

/** Runs Git and returns its output as text without the last line feed. Throws with Git's own words when it fails. */
export async function git(directory: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(directory, args, options)).toString('utf8').replace(/\n$/, '');
}

/** Like `git`, with the output's bytes as they are. */
export async function gitBytes(directory: string, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const result = await gitResult(directory, args, options);
  if (result.status !== 0) {
    // A remote's address may carry a token, which belongs into no log.
    const told = `git ${args.join(' ')}: failed in ${directory} (exit ${result.status}): ${result.stderr}`;
    throw new Error(told.replaceAll(/\/\/[^/@\s]+@/g, '//'));
  }
  return result.stdout;
}
