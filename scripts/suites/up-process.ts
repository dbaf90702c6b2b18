import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';
import type { JsonLine } from '../up/child.ts';
import { hold } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface UpEnded {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `npm run up -- --json …` (or another script) as a user starts it, in a process group of its own. */
export class UpProcess {
  readonly lines: JsonLine[] = [];
  readonly ended: Promise<UpEnded>;
  stderr = '';
  readonly #process: ChildProcess;
  #wake: () => void = () => {};
  #over = false;

  /** @param args of scripts/start.mjs: the script's name first */
  constructor(args: readonly string[]) {
    this.#process = spawn(process.execPath, [path.join(root, 'scripts/start.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      cwd: root,
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      this.lines.push(text.startsWith('{') ? JSON.parse(text) : { event: 'text', text });
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        this.#over = true;
        this.#wake();
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The first line that fits, now or later. @throws Error when the process ends, or so many seconds pass, without it */
  async line(fits: (line: JsonLine) => boolean, seconds = 120): Promise<JsonLine> {
    const untilNs = stopwatchNs() + seconds * 1e9;
    for (;;) {
      const found = this.lines.find(fits);
      if (found !== undefined) return found;
      hold(!this.#over, `up ended before that: ${this.stderr}`);
      hold(stopwatchNs() < untilNs, `up did not get there in ${seconds} s; last: ${JSON.stringify(this.lines.at(-1))}`);
      await Promise.race([sleepMs(1000), new Promise<void>((resolve) => (this.#wake = resolve))]);
    }
  }

  /** Its end. One that outlives its time is killed with everything it started. @throws Error then */
  async end(seconds: number): Promise<UpEnded> {
    const descendants = [this.pid, ...descendantsOf(this.pid)];
    const ended = await Promise.race([this.ended, sleepMs(seconds * 1000)]);
    if (ended !== undefined) return ended;
    const late = new Set([...descendants, ...descendantsOf(this.pid)]);
    for (const pid of late) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    throw new Error(
      `did not end in ${seconds} s; last: ${JSON.stringify(this.lines.at(-1))} ${this.stderr.slice(-500)}`,
    );
  }
}

/** Processes that `pid` started, and those that they did. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended between the two calls.
    }
  }
  const found: number[] = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [child, parent] of parents) {
      if (parent !== next) continue;
      found.push(child);
      open.push(child);
    }
  }
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/**
 * Makes `folder` a state with an approved policy: a copy of `EMP_SUITE_STATE` where that is set, else from nothing.
 *
 * @throws Error when nothing was promoted
 */
export async function prepareState(folder: string): Promise<void> {
  const made = process.env['EMP_SUITE_STATE'];
  if (made !== undefined) cpSync(made, folder, { recursive: true });
  const up = new UpProcess(['up', '--once', '--json', '--seed', '7', '--state', folder]);
  const { code } = await up.end(600);
  const summary = up.lines.findLast(({ event }) => event === 'summary');
  hold(
    code === 0 && summary?.['promoted'] === true,
    `no policy to try on: code ${code}, ${up.stderr} ${JSON.stringify(summary)}`,
  );
}

/** A folder of a policy that passed every gate: of the state that `EMP_SUITE_STATE` names, else of one made below `folder`. */
export async function evolvedPolicy(folder: string): Promise<string> {
  let state = process.env['EMP_SUITE_STATE'];
  if (state === undefined) {
    state = path.join(folder, 'evolved');
    await prepareState(state);
  }
  const entries = readdirSync(path.join(state, 'deploy'), { recursive: true, withFileTypes: true });
  const found = entries.find((entry) => entry.isFile() && entry.name === 'policy.json');
  hold(found !== undefined, `${state}: holds no policy that was laid out to run`);
  return found.parentPath;
}
