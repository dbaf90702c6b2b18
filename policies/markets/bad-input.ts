/** A file or argument that cannot be used: its owner can mend it, so it is told apart from a failure of ours. */
export class BadInput extends Error {
  readonly exitCode = 2;

  constructor(subject: string, problem: string, actual: string, allowed: string, options?: ErrorOptions) {
    const shown = actual.length > 120 ? `${actual.slice(0, 120)}…` : actual;
    super(`${subject}: ${problem} (${shown}), ${allowed} is allowed`, options);
    this.name = 'BadInput';
  }
}
