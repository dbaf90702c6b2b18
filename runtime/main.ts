/** The runtime process. Usage: `node runtime/main.ts --help`. */
import { Life } from './boot/life.ts';
import { bootOptions, USAGE } from './boot/options.ts';
import { printable, resolve } from './boot/resolve.ts';

async function main(args: readonly string[]): Promise<number> {
  const options = bootOptions(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const resolved = resolve(options);
  if (options.printConfig) {
    process.stdout.write(`${printable(resolved)}\n`);
    return 0;
  }
  const life = new Life(options, resolved);
  process.on('SIGTERM', () => life.signal('SIGTERM'));
  process.on('SIGINT', () => life.signal('SIGINT'));
  process.on('uncaughtException', (error) => life.fail(error));
  return life.run();
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { exitCode = 3, name, message, stack } = error as Error & { exitCode?: number };
  // An Error or an InputError is for whoever started it; any other kind is a bug, of which the stack says where.
  process.stderr.write(`${exitCode === 2 || name === 'Error' ? message : (stack ?? String(error))}\n`);
  process.exitCode = exitCode;
}
