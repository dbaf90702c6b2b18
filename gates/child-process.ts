import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One JSON object that a process of ours printed on a line of its standard output. */
export interface ProcessEvent extends Readonly<Record<string, unknown>> {
  readonly event: string;
}

/** Characters kept of standard error: enough for a message and its stack. */
const KEPT = 8000;

/** A Node process that says what it does in JSON lines; it is killed when the signal fires. */
export class NodeProcess {
  readonly events: ProcessEvent[] = [];
  /** Resolves when it has ended and everything that it said has been read. */
  readonly ended: Promise<{ readonly code: number | null }>;
  readonly #child: ChildProcess;
  readonly #waiting: (() => void)[] = [];
  #stderr = '';
  #over = false;

  constructor(script: string, args: readonly string[], signal: AbortSignal) {
    this.#child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error(`${script}: has no output to read`);
    createInterface({ input: stdout }).on('line', (line) => {
      this.events.push(eventOf(line));
      this.#wake();
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(0, KEPT);
    });
    const abort = () => this.kill();
    signal.addEventListener('abort', abort, { once: true });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => {
        signal.removeEventListener('abort', abort);
        this.#over = true;
        this.#wake();
        resolve({ code });
      });
    });
  }

  /** What it said on standard error, on one line. */
  get complaint(): string {
    return this.#stderr.trim().split('\n')[0] ?? '';
  }

  /** The first event of this name, now or later; undefined when the process ends without it. */
  async first(name: string): Promise<ProcessEvent | undefined> {
    for (;;) {
      const found = this.events.find(({ event }) => event === name);
      if (found !== undefined || this.#over) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** A line that is no event is kept as one: what a process says by mistake is not lost. */
function eventOf(line: string): ProcessEvent {
  try {
    return JSON.parse(line) as ProcessEvent;
  } catch {
    return { event: 'problem', subject: 'standard output', problem: `is no JSON: ${line}` };
  }
}
