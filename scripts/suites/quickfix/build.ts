import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Why QuickFIX C++ cannot be built here; undefined when it can. */
export function peerMissing(): string | undefined {
  if (spawnSync('g++', ['--version'], { stdio: 'ignore' }).status !== 0) return 'there is no g++ here';
  if (!existsSync('/usr/include/quickfix/Message.h')) return 'QuickFIX C++ is not here (Debian: libquickfix-dev)';
  return undefined;
}

/** Compiles `peer.cpp` into the folder. @returns its path. @throws Error with the compiler's words */
export function buildPeer(folder: string): string {
  const binary = path.join(folder, 'peer');
  const source = path.join(import.meta.dirname, 'peer.cpp');
  // The header of 1.15 uses exception specifications, which C++17 no longer has.
  execFileSync('g++', ['-std=c++14', '-O2', '-w', source, '-o', binary, '-lquickfix', '-lpthread'], {
    encoding: 'utf8',
  });
  return binary;
}
