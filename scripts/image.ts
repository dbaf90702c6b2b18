/** `npm run image -- --output FILE.tar`: builds the image from `runtime/Containerfile` with buildah. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { InputError } from '../runtime/boot/documents.ts';
import { stopwatchNs } from '../runtime/clock.ts';
import { print, printJson } from './environment/cli.ts';
import { layOut } from './image/context.ts';

const root = path.resolve(import.meta.dirname, '..');
const NAME = /^[a-z0-9]+([._/-][a-z0-9]+)*(:\d+\/[a-z0-9._/-]+)?:[A-Za-z0-9_][A-Za-z0-9._-]*$/;

interface Options {
  readonly output: string;
  readonly name: string;
  readonly base?: string;
  readonly json?: boolean;
}

/** @returns 0 when the archive is written; whole or absent */
export async function main(args: string[]): Promise<number> {
  const options = new Command('npm run image --')
    .description('builds the image of runtime, venue, gates, evolution and page as a docker archive')
    .requiredOption('--output <file>', 'where the archive goes, such as emp.tar')
    .option('--name <name:tag>', 'what the image is called', 'emp-runtime:0.1.0')
    .option('--base <image>', 'base image, by digest; without one: the C library of this Debian machine')
    .option('--json', 'one JSON object on stdout and nothing else')
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<Options>();
  check(options);
  const beganNs = stopwatchNs();
  const say = (text: string) => process.stderr.write(`image: ${text}\n`);
  const work = mkdtempSync(path.join(tmpdir(), 'emp-image-'));
  try {
    say('laying out sources, packages and Node');
    const context = path.join(work, 'context');
    const layout = await layOut(root, context, options.base === undefined);
    say(`building ${options.name}: ${layout.files} sources, ${layout.packages} packages`);
    const storage = ['--storage-driver', 'vfs', '--root', path.join(work, 'root'), '--runroot', path.join(work, 'run')];
    // Times are zero and modes set, so that equal files make an equal image.
    const build = [...storage, 'build', '--isolation', 'chroot', '--timestamp', '0', '--quiet', '--format', 'docker'];
    const base = options.base ?? (await ownBase(build, path.join(context, 'base')));
    await buildah(build, [
      ...['--build-arg', `BASE=${base}`, '--file', path.join(root, 'runtime/Containerfile')],
      ...['--tag', options.name, context],
    ]);
    say('writing the archive');
    const part = path.resolve(`${options.output}.part`);
    rmSync(part, { force: true });
    const digestFile = path.join(work, 'digest');
    await buildah(
      [...storage, 'push', '--quiet', '--digestfile', digestFile],
      [options.name, `docker-archive:${part}:${options.name}`],
    );
    renameSync(part, options.output);
    const result = {
      image: options.name,
      digest: readFileSync(digestFile, 'utf8').trim(),
      file: path.resolve(options.output),
      sizeBytes: statSync(options.output).size,
      ...layout,
      seconds: Math.round((stopwatchNs() - beganNs) / 1e8) / 10,
    };
    if (options.json === true) printJson(result);
    else print(`${result.file}: ${result.image}, ${Math.round(result.sizeBytes / 1e6)} MB, ${result.digest}`);
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function check({ name, output }: Options): void {
  if (!NAME.test(name)) {
    throw new InputError(
      `image: --name is ${JSON.stringify(name)}, a name and a tag such as emp-runtime:0.1.0 is allowed`,
    );
  }
  if (!existsSync(path.dirname(path.resolve(output)))) {
    throw new InputError(`image: --output is ${output}, a file in a folder that exists is allowed`);
  }
  if (process.platform !== 'linux') {
    throw new InputError(
      `image: this machine runs ${process.platform}, the image is built on linux only; use a Linux machine or CI`,
    );
  }
  try {
    execFileSync('buildah', ['--version'], { stdio: 'ignore' });
  } catch (cause) {
    throw new InputError('image: buildah is not installed; `mise install`, or your distribution’s package buildah', {
      cause,
    });
  }
}

/** An image of the C library's files alone. @returns its name in the storage of this build */
async function ownBase(build: readonly string[], files: string): Promise<string> {
  const name = 'localhost/emp-base:here';
  const containerfile = `${files}.Containerfile`;
  writeFileSync(containerfile, 'FROM scratch\nCOPY . /\n');
  await buildah(build, ['--file', containerfile, '--tag', name, files]);
  return name;
}

/** @throws Error with what buildah complained of */
async function buildah(what: readonly string[], on: readonly string[]): Promise<void> {
  const child = spawn('buildah', [...what, ...on], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`image: buildah failed (exit ${code}): ${complaint.trim()}`);
}
