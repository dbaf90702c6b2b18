import type { DecodeErrorKind } from './message.ts';

/**
 * Why one message is refused, thrown from deep inside its parse and caught by the decoder, which turns it into a
 * `DecodeError`. Not an `Error`: bad input is a value here, and a stack trace per bad message would be a cost an
 * attacker could impose.
 */
export class Refusal {
  readonly kind: DecodeErrorKind;
  readonly tag: number | undefined;
  readonly text: string | undefined;

  constructor(kind: DecodeErrorKind, tag?: number, text?: string) {
    this.kind = kind;
    this.tag = tag;
    this.text = text;
  }
}

/** A field that a reader of a sound message could not use; a session answers it with Reject(3). */
export class FixFieldError extends Error {
  override readonly name = 'FixFieldError';
  readonly kind: DecodeErrorKind;
  readonly tag: number;

  constructor(kind: DecodeErrorKind, tag: number, message: string) {
    super(message);
    this.kind = kind;
    this.tag = tag;
  }
}
