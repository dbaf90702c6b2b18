/** Our side: bytes to sound books, or to decoded messages alone. */
import { Books } from '../../../runtime/book/books.ts';
import { Decoder } from '../../../runtime/fix/decoder.ts';
import type { Stream } from './sound-messages.ts';

/** What a read of a socket brings at most. */
const CHUNK_BYTES = 64 << 10;
const LEVELS = 128;

/** Passes over one stream in this process, each into books of its own. */
export class OurPasses {
  readonly #stream: Stream;
  readonly #bytes: Uint8Array;
  readonly #decoder: Decoder;
  readonly #messages: number;
  #books: Books | undefined;
  #read = 0;

  constructor(stream: Stream, options: { readonly withBooks: boolean }) {
    this.#stream = stream;
    this.#bytes = Buffer.concat([stream.snapshots, ...stream.updates]);
    const refuse = ({ kind }: { kind: string }): never => {
      throw new Error(`quickfix bench: ${kind} in a stream where everything is sound`);
    };
    const listener = { onChange: () => {}, onIntegrity: refuse };
    this.#decoder = new Decoder({
      instruments: stream.instruments,
      onMarketData: (message) => {
        this.#read++;
        if (options.withBooks) this.#books?.onMarketData(message, listener);
      },
      onMessage: ({ msgType }) => refuse({ kind: `35=${msgType}` }),
      onError: refuse,
    });
    this.#messages = this.#count();
  }

  /** Messages a second of processor time over at least `seconds`. */
  rate(seconds: number): number {
    let spentUs = 0;
    let messages = 0;
    while (spentUs < seconds * 1e6) {
      this.#books = new Books(this.#stream.instruments, LEVELS);
      const before = process.cpuUsage();
      this.#pass();
      const { user, system } = process.cpuUsage(before);
      spentUs += user + system;
      messages += this.#messages;
    }
    return (messages * 1e6) / spentUs;
  }

  /** Messages of a pass. The first one also warms the compiler up. */
  #count(): number {
    this.#books = new Books(this.#stream.instruments, LEVELS);
    this.#pass();
    return this.#read;
  }

  #pass(): void {
    this.#read = 0;
    const bytes = this.#bytes;
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) this.#decoder.push(bytes.subarray(at, at + CHUNK_BYTES));
  }
}
