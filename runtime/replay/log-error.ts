/** A market log that cannot be used. */
export class LogError extends Error {
  constructor(file: string, problem: string, actual: string, allowed: string, options?: ErrorOptions) {
    super(`${file}: ${problem} (${actual}), ${allowed} is allowed`, options);
    this.name = 'LogError';
  }
}
