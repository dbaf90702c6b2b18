import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Last lines of its standard error. */
  readonly complaint: string;
}

/** A process of ours that prints one JSON object a line. */
export class Child {
  readonly name: string;
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;
  readonly #waiting = new Set<{ wanted: string; resolve(line: JsonLine): void }>();
  #complaint = '';

  /** @param onLine every object it prints, in order */
  constructor(name: string, script: string, args: readonly string[], onLine: (line: JsonLine) => void) {
    this.name = name;
    // In a process group of its own: a Ctrl-C is told to the parent alone, which ends its children in order.
    this.#process = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-4000);
    });
    createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      const line = JSON.parse(text) as JsonLine;
      for (const waiter of this.#waiting) if (waiter.wanted === line.event) waiter.resolve(line);
      onLine(line);
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve({ code: 3, signal: null, complaint: error.message }));
      this.#process.once('close', (code, signal) => resolve({ code, signal, complaint: this.#complaint.trim() }));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The next line of that event. @throws Error with its complaint when the process ends first */
  async next(event: string): Promise<JsonLine> {
    let waiter: { wanted: string; resolve(line: JsonLine): void } | undefined;
    const line = new Promise<JsonLine>((resolve) => {
      waiter = { wanted: event, resolve };
      this.#waiting.add(waiter);
    });
    const first = await Promise.race([line, this.ended]);
    if (waiter !== undefined) this.#waiting.delete(waiter);
    if ('event' in first) return first;
    throw new ChildFailure(this.name, first);
  }

  /** Asks it to end in order. */
  stop(): void {
    this.#process.kill('SIGTERM');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

export interface JsonLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A process ended when it should not have. */
export class ChildFailure extends Error {
  readonly exitCode: number;

  constructor(name: string, { code, signal, complaint }: Ended) {
    super(`${name}: ended with ${signal ?? `code ${code}`}${complaint === '' ? '' : `: ${complaint}`}`);
    this.exitCode = code === 2 ? 2 : 3;
  }
}
