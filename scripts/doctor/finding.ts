/** What the doctor found out about one thing. */
export interface Finding {
  readonly area: 'machine' | 'tools' | 'cluster' | 'rights';
  readonly subject: string;
  /** `absent`: not here and not needed for what was asked. */
  readonly status: 'ok' | 'absent' | 'wrong';
  readonly detail: string;
  /** What to do about it; always there when it is wrong. */
  readonly fix?: string;
}

/** Runs a program. Never throws: a program that is not there ends with 127. */
export type Run = (command: string, args: readonly string[]) => Ran;

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly errors: string;
}
