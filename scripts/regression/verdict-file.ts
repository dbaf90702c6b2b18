/** What `npm run -s regression -- … --json` printed, handed over in a file or a pipe. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../../runtime/boot/documents.ts';
import { digest } from '../../runtime/contract.ts';

const verdictLine = z.object({
  policy: digest,
  status: z.enum(['passed', 'failed', 'errored']),
  because: z.string().min(1),
});

/** @param file - for stdin @throws InputError when it holds no verdict */
export function readVerdict(file: string): z.infer<typeof verdictLine> {
  const name = file === '-' ? 'stdin' : path.resolve(file);
  try {
    return verdictLine.parse(JSON.parse(readFileSync(file === '-' ? 0 : name, 'utf8')));
  } catch (cause) {
    throw new InputError(`${name}: is no verdict, what \`npm run -s regression -- --json\` prints is allowed`, {
      cause,
    });
  }
}
