import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { codeDigest } from '../../gates/inputs.ts';
import { InputError } from '../../runtime/boot/documents.ts';

/**
 * What was found before, one JSON object a line: a work that was cut short goes on after it. What other code found says
 * nothing about this, and is passed over.
 */
export class Known<T extends object> {
  readonly found: T[];
  readonly #file: string | undefined;
  readonly #code: string;

  /** @param entry the module whose code, with all that it imports, finds it @throws InputError when the file is another kind of file */
  constructor(file: string | undefined, entry: string) {
    this.#file = file;
    this.#code = codeDigest(entry);
    this.found = file === undefined || !existsSync(file) ? [] : this.#read(file);
  }

  add(one: T): void {
    this.found.push(one);
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify({ ...one, code: this.#code })}\n`);
  }

  #read(file: string): T[] {
    // A line that was cut off by the end of its process has no end.
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    try {
      return lines
        .map((line) => JSON.parse(line) as T & { readonly code: string })
        .filter(({ code }) => code === this.#code);
    } catch (cause) {
      throw new InputError(`${file}: is not a file of trials (${(cause as Error).message}); give another --trials`, {
        cause,
      });
    }
  }
}
