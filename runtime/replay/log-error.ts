/** A market log that cannot be used: bad input of whoever named it. */
export class LogError extends Error {
  readonly exitCode = 2;

  constructor(file: string, problem: string, actual: string, allowed: string, options?: ErrorOptions) {
    super(`${file}: ${problem} (${actual}), ${allowed} is allowed`, options);
    this.name = 'LogError';
  }
}
