/** What the supervisor says it runs, in `<state>/running.json`: the other half of "settled". */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../../runtime/boot/documents.ts';
import { slot } from '../../runtime/contract.ts';

const running = z.strictObject({
  environment: z.string(),
  slot: slot.nullable().describe('what the runtime was started with; null: nothing trades'),
  pid: z.int().positive().describe('process of the supervisor: when it is gone, nothing runs'),
  directory: z.string().optional().describe('where its slot is laid out'),
  busy: z.string().nullable().describe('a sync or gate under way, in a few words'),
});
export type Running = z.infer<typeof running>;

const fileOf = (state: string): string => path.join(state, 'running.json');

/** Says what runs now; called by the supervisor after each change. */
export function writeRunning(state: string, now: Running): void {
  const made = `${fileOf(state)}.${process.pid}.new`;
  writeFileSync(made, `${JSON.stringify(running.parse(now))}\n`);
  renameSync(made, fileOf(state));
}

/** Says that nothing runs any more. */
export function clearRunning(state: string): void {
  rmSync(fileOf(state), { force: true });
}

/** What runs, or undefined when nothing does: no file, or its supervisor is gone. Throws on a malformed file. */
export function readRunning(state: string): Running | undefined {
  let text: string;
  try {
    text = readFileSync(fileOf(state), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  let found: Running;
  try {
    found = running.parse(JSON.parse(text));
  } catch (cause) {
    const allowed = 'what `up` writes is allowed: stop `up`, then remove the file';
    throw new InputError(`${fileOf(state)}: is not a record of what runs, ${allowed}`, { cause });
  }
  return isAlive(found.pid) ? found : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const windowOf = (state: string): string => path.join(state, 'window.json');

/** Says where the running runtime listens, for who has to reach it in a hurry. */
export function writeWindow(state: string, url: string): void {
  writeFileSync(windowOf(state), `${JSON.stringify({ url })}\n`);
}

/** Where the runtime listens, or undefined when nothing runs. */
export function readWindow(state: string): string | undefined {
  if (readRunning(state) === undefined) return undefined;
  try {
    return (JSON.parse(readFileSync(windowOf(state), 'utf8')) as { url: string }).url;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
