/** What the image stands on: an image that somebody names, or one of this machine's C library. */
import { writeFileSync } from 'node:fs';
import { InputError } from '../../runtime/boot/documents.ts';
import type { Buildah } from './buildah.ts';

const ALLOWED = 'an image that can be pulled, or docker-archive:FILE.tar, is allowed';
/** What an image calls the machine that `process.arch` names. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** @returns its id in the storage. @throws InputError when it cannot be had, or is for another machine */
export async function givenBase(buildah: Buildah, base: string): Promise<string> {
  let id: string;
  try {
    id = await buildah.run('pull', '--quiet', base);
  } catch (cause) {
    const why = (cause as Error).message
      .split('\n')
      .at(-1)
      ?.replace(/^.*?Error: /, '');
    throw new InputError(`image: --base is ${base}, which cannot be had (${why}), ${ALLOWED}`, { cause });
  }
  const architecture = await buildah.run('inspect', '--type', 'image', '--format', '{{.OCIv1.Architecture}}', id);
  const needed = ARCHITECTURES[process.arch];
  if (architecture === needed) return id;
  throw new InputError(
    `image: --base is ${base}, which is for ${architecture}, only ${needed} is allowed: Node is this machine's`,
  );
}

/** An image of the C library's files alone, which lie in `files`. @returns its name in the storage */
export async function ownBase(buildah: Buildah, files: string): Promise<string> {
  const name = 'localhost/emp-base:here';
  const containerfile = `${files}.Containerfile`;
  writeFileSync(containerfile, 'FROM scratch\nCOPY . /\n');
  await buildah.build('--file', containerfile, '--tag', name, files);
  return name;
}

/** @throws InputError when Node does not start in `image`, which stands on `base` */
export async function holdToStart(buildah: Buildah, image: string, base: string): Promise<void> {
  const container = await buildah.run('from', '--pull-never', image);
  try {
    await buildah.run('run', '--isolation', 'chroot', container, '--', 'node', '--version');
  } catch (cause) {
    const lines = (cause as Error).message.trim().split('\n');
    const why = lines.findLast((line) => !/exit status/.test(line)) ?? lines[0];
    throw new InputError(
      `image: --base is ${base}, on which Node does not start (${why}), one with glibc and libstdc++ is allowed`,
      { cause },
    );
  } finally {
    await buildah.run('rm', container);
  }
}
