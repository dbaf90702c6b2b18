/** Lays out the folder that the image is built from: `base/`, `node/`, `packages/`, `sources/`. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildPage } from '../../policies/viewer/build.ts';
import { librariesOf } from './libraries.ts';
import { isShipped, packageFolders, readLockfile } from './packages.ts';
import { commands, data, sourcesOf } from './sources.ts';

const SOURCE_ROOT = 'sources';

export interface Layout {
  readonly files: number;
  readonly packages: number;
}

/** @param ownBase also lay out a base of this machine's C library */
export async function layOut(root: string, context: string, ownBase: boolean): Promise<Layout> {
  const { files, packages } = sourcesOf(root, commands);
  for (const file of files) place(path.join(root, file), path.join(context, SOURCE_ROOT, file));
  for (const entry of data) placeAll(path.join(root, entry), path.join(context, SOURCE_ROOT, entry), () => true);
  await buildPage(path.join(context, SOURCE_ROOT, 'page'));

  const folders = packageFolders(readLockfile(root), packages);
  for (const folder of folders) placeAll(path.join(root, folder), path.join(context, 'packages', folder), isShipped);

  const node = path.join(root, `node_modules/node-linux-${process.arch}/bin/node`);
  place(node, path.join(context, 'node/usr/local/bin/node'), 0o755);
  mkdirSync(path.join(context, 'base'), { recursive: true });
  if (ownBase) layOutBase(path.join(context, 'base'), [node, ...nativeFiles(path.join(context, 'packages'))]);
  return { files: files.length, packages: folders.length };
}

function layOutBase(base: string, binaries: readonly string[]): void {
  for (const library of librariesOf(binaries)) place(library, path.join(base, library), 0o755);
  const etc = (name: string, text: string) => write(path.join(base, 'etc', name), text);
  etc('passwd', 'root:x:0:0:root:/:/nologin\nemp:x:65532:65532:emp:/nonexistent:/nologin\n');
  etc('group', 'root:x:0:\nemp:x:65532:\n');
  etc('nsswitch.conf', 'hosts: files dns\n');
  mkdirSync(path.join(base, 'tmp'));
  chmodSync(path.join(base, 'tmp'), 0o1777);
}

function nativeFiles(folder: string): string[] {
  return filesIn(folder).filter((file) => /\.(node|so)(\.\d+)*$/.test(file));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** A file, or a folder's files that are wanted. A package nested in another is placed on its own account. */
function placeAll(from: string, to: string, wanted: (file: string) => boolean): void {
  if (statSync(from).isFile()) {
    place(from, to);
    return;
  }
  for (const file of filesIn(from)) {
    const relative = path.relative(from, file);
    if (!relative.startsWith('node_modules/') && wanted(relative)) place(file, path.join(to, relative));
  }
}

/** Modes are set, not inherited, so that a builder's umask is not part of the image. */
function place(from: string, to: string, mode = 0o644): void {
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, text, { mode: 0o644 });
}
