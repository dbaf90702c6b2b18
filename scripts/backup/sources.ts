/** Where a journal is copied from: a folder of this machine, or a pod that trades. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { nameOf, RUNTIME_STATE } from '../../platform/manifests/names.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import { digest } from '../../runtime/contract.ts';
import { copyJournal, journalBytes } from '../../runtime/journal/copy.ts';
import { holdRoom } from '../../runtime/journal/room.ts';
import { placeOf } from './place.ts';

export interface JournalSource {
  /** For errors. */
  readonly name: string;
  /** Writes the journal as it is at one moment to a new file. @param onProgress share done, 0 to 1 */
  copyTo(file: string, onProgress: (share: number) => void): Promise<void>;
  /** Folder of the archive beside it, where there is one. */
  readonly archive: string | undefined;
}

/** @throws InputError when there is no journal */
export function folderSource(state: string): JournalSource {
  const { journal, archive } = placeOf(state);
  if (!existsSync(journal)) {
    throw new InputError(`${journal}: does not exist; only a state that a runtime has traded from can be backed up`);
  }
  return {
    name: journal,
    copyTo: (file, onProgress) => {
      holdRoom(path.dirname(file), journalBytes(journal));
      return copyJournal(journal, file, onProgress);
    },
    archive: existsSync(archive) ? archive : undefined,
  };
}

/** The runtime's pod: its own Node copies its journal and sends the copy, through whatever cluster kubectl talks to. */
export function podSource(namespace: string, kubectl = 'kubectl'): JournalSource {
  const pod = `${nameOf('runtime')}-0`;
  const command = ['node', 'runtime/journal/copy-main.ts', RUNTIME_STATE];
  const args = ['--namespace', namespace, 'exec', pod, '--container', 'runtime', '--', ...command];
  return {
    name: `pod ${namespace}/${pod}`,
    archive: undefined,
    copyTo: (file, onProgress) => received(`pod ${namespace}/${pod}`, kubectl, args, file, onProgress),
  };
}

const header = z.strictObject({ bytes: z.int().positive(), digest });

/** @throws Error naming `subject` when the command fails, or what it sent is not what it announced */
async function received(
  subject: string,
  command: string,
  args: readonly string[],
  file: string,
  onProgress: (share: number) => void,
): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'ENOENT' ? 'is not installed; `mise install`, or your own' : cause.message;
      reject(new InputError(`${command}: ${why}`, { cause }));
    });
  });
  // Awaited after what it sends was read: a rejection before that is not unheard.
  ended.catch(() => {});
  const { announced, bytes, actual } = await written(child.stdout, file, onProgress);
  const code = await ended;
  if (code !== 0) {
    const said = complaint.trim().split('\n').at(-1) ?? '';
    throw new Error(
      `${subject}: gave no copy of its journal (exit ${code}): ${said}; see that it runs, and that you may exec in it`,
    );
  }
  if (announced === undefined || bytes !== announced.bytes || actual !== announced.digest) {
    const wanted = announced === undefined ? 'a copy of its journal' : `${announced.bytes} bytes, ${announced.digest}`;
    throw new Error(
      `${subject}: sent something else than it announced (${bytes} bytes, ${actual}), only ${wanted} is allowed; take it again`,
    );
  }
}

/** What follows the first line goes to the file. */
async function written(sent: AsyncIterable<Buffer>, file: string, onProgress: (share: number) => void) {
  const hash = createHash('sha256');
  let line: Buffer = Buffer.alloc(0);
  let announced: z.infer<typeof header> | undefined;
  let bytes = 0;
  const handle = await open(file, 'wx');
  try {
    for await (const chunk of sent) {
      let body = chunk;
      if (announced === undefined) {
        line = Buffer.concat([line, chunk]);
        const end = line.indexOf(10);
        if (end === -1 && line.length < 1000) continue;
        announced = headerIn(line.subarray(0, Math.max(end, 0)));
        if (announced === undefined) break;
        holdRoom(path.dirname(file), announced.bytes);
        body = line.subarray(end + 1);
      }
      hash.update(body);
      await handle.writeFile(body);
      bytes += body.length;
      onProgress(bytes / announced.bytes);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { announced, bytes, actual: `sha256:${hash.digest('hex')}` };
}

function headerIn(line: Buffer): z.infer<typeof header> | undefined {
  try {
    return header.parse(JSON.parse(line.toString('utf8')));
  } catch {
    return undefined;
  }
}
