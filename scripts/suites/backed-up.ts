/** A trading runtime that is backed up, trades on, and is started again from the backup. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { hold } from './suite.ts';
import { UpProcess } from './up-process.ts';

/** @returns the backup's folder */
export async function backUp(state: string, to: string): Promise<string> {
  const { folder } = await told('backup', '--state', state, '--to', to);
  return folder as string;
}

export async function restoreFrom(state: string, backup: string, replaces: boolean): Promise<void> {
  const { aside } = await told('restore', '--state', state, '--from', backup, ...(replaces ? ['--replace'] : []));
  const kept = aside !== null && existsSync(path.join(aside as string, 'journal.sqlite'));
  hold(kept === replaces, `kept aside is ${aside}`);
}

export function keepsWhatIsThere(state: string, backup: string): Promise<void> {
  return refused(/there is a journal \(up to record \d+\); say --replace/, '--state', state, '--from', backup);
}

export function isRefusedWhileRunning(state: string, backup: string): Promise<void> {
  return refused(/is in use by process \d+/, '--state', state, '--from', backup, '--replace');
}

/** Runs a command as a user does. @returns what it printed as JSON */
async function told(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const ran = new UpProcess([...args, '--json']);
  const { code } = await ran.end(60);
  hold(code === 0 && ran.lines.length === 1, `${args[0]} ended with ${code}: ${ran.stderr}`);
  return ran.lines[0] as Readonly<Record<string, unknown>>;
}

async function refused(because: RegExp, ...args: readonly string[]): Promise<void> {
  const ran = new UpProcess(['restore', ...args]);
  const { code } = await ran.end(60);
  hold(code === 2 && because.test(ran.stderr), `restore ended with ${code}: ${ran.stderr}`);
}
