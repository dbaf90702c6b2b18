/** `npm run heavy [search|fuzz|replay]`: what takes minutes to hours, and goes on where it stopped. */
import { fuzz } from './heavy/fuzz.ts';
import { replay } from './heavy/replay.ts';
import { search } from './heavy/search.ts';

const works = { search, fuzz, replay } as const;

/** Without the name of a work: `search`. @returns 0 it holds, 1 it does not, 2 bad input */
export async function main(args: string[]): Promise<number> {
  const [name = '', ...rest] = args;
  return name in works ? works[name as keyof typeof works](rest) : search(args);
}
