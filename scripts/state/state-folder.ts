/**
 * The state folder: everything `npm run up` keeps between runs. It carries a marker file, so that nothing of ours is
 * ever written into, and nothing ever removed from, a folder that is somebody else's.
 */
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';
import { lockFolder } from '../../runtime/journal/lock.ts';

export const MARKER = '.emp-state';
const LOCK = 'state.lock';

/**
 * Makes `folder` a state folder, or finds that it is one.
 * @throws InputError when it is something else: a file, or a folder with other contents
 */
export function claimStateFolder(folder: string): void {
  if (isStateFolder(folder)) return;
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) throw new InputError(`${folder} is a file, only a folder is allowed as state`);
    const [first] = readdirSync(folder);
    if (first !== undefined) {
      throw new InputError(
        `${folder} is not empty (${first}) and has no ${MARKER}, only an empty or a state folder is allowed`,
      );
    }
  }
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, MARKER), 'State of EMP. Removed by: npm run reset\n');
  } catch (cause) {
    const problem = (cause as Error).message;
    throw new Error(`${folder} cannot be made a state folder: ${problem}; choose a writable one`, { cause });
  }
}

export function isStateFolder(folder: string): boolean {
  return existsSync(path.join(folder, MARKER));
}

/** Bytes of all files below `folder`. */
export function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(path.join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}

/**
 * Removes a state folder with all it holds, or nothing. The marker goes last, so that a removal cut short can be
 * repeated.
 * @throws Error when the folder carries no marker, or a process holds it or a folder in it
 */
export function removeStateFolder(folder: string): void {
  const real = realpathSync(folder);
  if (!isStateFolder(real)) {
    throw new InputError(`${folder} is not a state folder of EMP: it has no ${MARKER}`);
  }
  const locks = lockedFoldersIn(real).map(tryLock);
  try {
    for (const lock of locks) if (lock instanceof Error) throw lock;
    for (const name of readdirSync(real)) {
      if (name !== MARKER) rmSync(path.join(real, name), { recursive: true });
    }
    rmSync(real, { recursive: true });
  } finally {
    for (const lock of locks) if (!(lock instanceof Error)) lock.release();
  }
}

/** `folder` itself and every folder in it that some process locks while it runs. */
function lockedFoldersIn(folder: string): string[] {
  const inside = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === LOCK && entry.isFile())
    .map((entry) => entry.parentPath);
  return [...new Set([folder, ...inside])];
}

function tryLock(folder: string): ReturnType<typeof lockFolder> | Error {
  try {
    return lockFolder(folder);
  } catch (error) {
    return error as Error;
  }
}
