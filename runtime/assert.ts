/** A programmer's error ends the process: nothing here is meant to be caught. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}
