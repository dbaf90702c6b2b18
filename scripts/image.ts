/** `npm run image -- --output FILE.tar`: builds the image from `runtime/Containerfile` with buildah. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { InputError } from '../runtime/boot/documents.ts';
import { stopwatchNs } from '../runtime/clock.ts';
import { print, printJson } from './environment/cli.ts';
import { givenBase, holdToStart, ownBase } from './image/base.ts';
import { Buildah, requireBuildah } from './image/buildah.ts';
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
    .option(
      '--base <image>',
      'base image: by digest, or docker-archive:FILE.tar; without one: the C library of this Debian machine',
    )
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
    const buildah = new Buildah(work);
    const given = options.base === undefined ? undefined : await givenBase(buildah, options.base);
    say('laying out sources, packages and Node');
    const context = path.join(work, 'context');
    const layout = await layOut(root, context, options.base === undefined);
    say(`building ${options.name}: ${layout.files} sources, ${layout.packages} packages`);
    const base = given ?? (await ownBase(buildah, path.join(context, 'base')));
    const containerfile = ['--file', path.join(root, 'runtime/Containerfile')];
    await buildah.build('--build-arg', `BASE=${base}`, ...containerfile, '--tag', options.name, context);
    if (options.base !== undefined) await holdToStart(buildah, options.name, options.base);
    say('writing the archive');
    const part = path.resolve(`${options.output}.part`);
    rmSync(part, { force: true });
    const digestFile = path.join(work, 'digest');
    const archive = `docker-archive:${part}:${options.name}`;
    await buildah.run('push', '--quiet', '--digestfile', digestFile, options.name, archive);
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
  requireBuildah('image');
}
