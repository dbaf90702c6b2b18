import { readFileSync } from 'node:fs';
import { readCompact } from './compact.ts';
import { Dictionary } from './dictionary.ts';

/** The versions that come with us. FIXT.1.1 is the session layer together with the application of FIX 5.0 SP2. */
export const VERSIONS = ['FIX.4.2', 'FIX.4.4', 'FIXT.1.1'] as const;
export type Version = (typeof VERSIONS)[number];

const loaded = new Map<Version, Dictionary>();

/** The dictionary of a version, read when it is first asked for. */
export function dictionaryOf(version: Version): Dictionary {
  let dictionary = loaded.get(version);
  if (dictionary === undefined) {
    dictionary = load(version);
    loaded.set(version, dictionary);
  }
  return dictionary;
}

function load(version: Version): Dictionary {
  switch (version) {
    case 'FIX.4.2':
      return read(new URL('./fix42.txt', import.meta.url));
    case 'FIX.4.4':
      return read(new URL('./fix44.txt', import.meta.url));
    case 'FIXT.1.1':
      return Dictionary.join(
        read(new URL('./fixt11.txt', import.meta.url)),
        read(new URL('./fix50sp2.txt', import.meta.url)),
      );
  }
}

function read(url: URL): Dictionary {
  return readCompact(readFileSync(url, 'utf8'), url.pathname.split('/').at(-1) ?? '');
}
