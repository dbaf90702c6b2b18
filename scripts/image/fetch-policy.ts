/** A policy's files out of the OCI artifact that holds them, where Git does not. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import { Buildah, requireBuildah } from './buildah.ts';

/**
 * Makes `directory` the policy `digest` as `image` holds it, whole or not at all; one that is there already is kept.
 * @param image NAME@sha256:… in a registry, or oci-archive:FILE
 * @throws InputError when it cannot be had, or holds another policy
 */
export async function fetchPolicy(image: string, digest: string, directory: string): Promise<void> {
  if (existsSync(directory) && loadPolicy(directory).digest === digest) return;
  requireBuildah('policy');
  const work = mkdtempSync(path.join(tmpdir(), 'emp-fetch-'));
  try {
    const buildah = new Buildah(work);
    const layers = path.join(work, 'layers');
    try {
      const id = await buildah.run('pull', '--quiet', image);
      await buildah.run('push', '--quiet', id, `dir:${layers}`);
    } catch (cause) {
      const why = (cause as Error).message.split('\n').at(-1);
      throw new InputError(`${image}: cannot be had (${why}); log in to its registry, or push it there`, { cause });
    }
    // Beside its place, so that it gets there by one rename; one that was killed may have left it.
    const files = `${directory}.part`;
    rmSync(files, { recursive: true, force: true });
    mkdirSync(files, { recursive: true });
    for (const layer of layersOf(layers)) execFileSync('tar', ['-xf', layer, '-C', files]);
    const found = loadPolicy(files).digest;
    if (found !== digest) throw new InputError(`${image}: holds the policy ${found}, only ${digest} is allowed`);
    rmSync(directory, { recursive: true, force: true });
    renameSync(files, directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Files of an image that was pushed to a folder, lowest first. */
function layersOf(folder: string): readonly string[] {
  const { layers } = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {
    readonly layers: readonly { readonly digest: string }[];
  };
  return layers.map(({ digest }) => path.join(folder, digest.slice('sha256:'.length)));
}
