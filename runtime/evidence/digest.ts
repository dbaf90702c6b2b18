/** Digests and the names that derive from them. Everything that is approved is named by sha256 of its exact bytes. */
import { createHash } from 'node:crypto';

/** `sha256:` and 64 hex digits of the bytes. */
export function sha256Of(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The 64 hex digits alone, as in-toto subjects write them. */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

/** First 12 hex digits: names folders and tags, never proves anything. */
export function digest12(digest: string): string {
  return hexOf(digest).slice(0, 12);
}

/** Digest of files as a whole: of their paths and contents, in the paths' order. */
export function digestOfFiles(files: Iterable<readonly [string, Uint8Array]>): string {
  const lines = [...files].map(([file, bytes]) => `${hexOf(sha256Of(bytes))}  ${file}\n`);
  return sha256Of(lines.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join(''));
}

/**
 * Image digest of the `local` environment, which has no container image: sha256 over the Git object id of the product
 * commit's `runtime/` tree (`git rev-parse COMMIT:runtime`). Whoever starts the runtime knows the commit and passes the
 * tree's id in; the runtime itself has no Git history to look at.
 */
export function imageDigestOfTree(runtimeTreeId: string): string {
  return sha256Of(`emp/runtime-tree/v1 ${runtimeTreeId}\n`);
}
