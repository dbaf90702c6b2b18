/** Whether a disk has room for what is about to be written there: asked before, because a full one stops whoever shares it. */
import { statfsSync } from 'node:fs';

/** Left to others who write on the same disk. */
const LEFT_BYTES = 16 * 1024 * 1024;

/** @throws Error naming the folder, what is free and what is needed, when that is too little for `bytes` more */
export function holdRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const [free, needed] = [bavail * bsize, bytes + LEFT_BYTES];
  if (free >= needed) return;
  throw new Error(
    `${folder}: its disk has too little room (${free} bytes), at least ${needed} is needed; free some, or enlarge it`,
  );
}
