/**
 * The door of every npm script: `node scripts/start.mjs NAME …args` runs scripts/NAME.ts.
 *
 * Plain JavaScript that any Node since 14 can read, because its purpose is to meet the wrong Node: older ones would end
 * in a syntax error at the first type annotation. Without NAME it only checks the version, for tools that are no script
 * of ours. A script that exports `main(args)` gets the arguments and gives the exit code; any other runs by being
 * imported. Exit 2: wrong Node, wrong usage, or no such script; 3: the script threw, unless its error carries an exitCode.
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NEEDED = [24, 12];

function tooOld(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1]);
}

function refuse(lines) {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(2);
}

/** Says what went wrong, once, and returns the exit code. A plain Error, or one with an exit code, is for the user; any other kind is a bug of ours. */
function report(error) {
  // Commander has printed its own message; its code is 0 after --help and --version.
  if (typeof error?.code === 'string' && error.code.startsWith('commander.')) return error.exitCode === 0 ? 0 : 2;
  const forTheUser = error?.name === 'Error' || typeof error?.exitCode === 'number';
  const lines = [forTheUser ? error.message : (error?.stack ?? String(error))];
  for (let cause = error?.cause; cause instanceof Error; cause = cause.cause) {
    if (!lines.some((line) => line.includes(cause.message))) lines.push(`  because: ${cause.message}`);
  }
  process.stderr.write(`${lines.join('\n')}\n`);
  return typeof error?.exitCode === 'number' ? error.exitCode : 3;
}

if (tooOld(process.version)) {
  refuse([
    `node: version is too old (${process.version}), at least v${NEEDED.join('.')} is allowed`,
    '  Linux x64 and arm64: run it as an npm script after `npm ci`; the lockfile brings the right Node.',
    '  elsewhere, or after `npm ci --omit=optional`: install Node 24 or newer (https://nodejs.org) and try again.',
  ]);
}

// Whoever reads us may stop reading, as `| head` does. What was begun is finished; there is only nobody left to tell.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const [name, ...args] = process.argv.slice(2);
if (name !== undefined) {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(script)) {
    const known = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
      .filter((file) => /^[a-z0-9-]+\.ts$/.test(file))
      .map((file) => file.slice(0, -'.ts'.length));
    refuse([`scripts/${name}.ts: no such script, allowed are ${known.sort().join(', ')}`]);
  }
  process.argv.splice(1, 2, script);
  try {
    const { main } = await import(`./${name}.ts`);
    const code = typeof main === 'function' ? await main(args) : undefined;
    if (typeof code === 'number') process.exitCode = code;
  } catch (error) {
    process.exitCode = report(error);
  }
}
