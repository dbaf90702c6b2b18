/** The README's boundary section: written from what the runtime itself exports, so that the two cannot differ. */
import { boundaries, limits } from '../runtime/contract.ts';

const BEGIN = '<!-- boundaries: written by `npm run render` -->';
const END = '<!-- /boundaries -->';

/** @throws Error when the README has lost the markers between which the section stands */
export function withBoundaries(readme: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) {
    throw new Error(`README.md: the boundary section's markers are missing, "${BEGIN}" and "${END}" are needed`);
  }
  return `${readme.slice(0, from + BEGIN.length)}\n\n${section()}\n${readme.slice(to)}`;
}

function section(): string {
  const { modes, flags, endpoints, metrics, opens } = boundaries;
  const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(' ');
  return [
    '| | |',
    '|---|---|',
    `| modes | ${code(modes)} |`,
    `| flags | ${code(flags)} |`,
    `| endpoints | ${code(endpoints)} |`,
    `| limits | ${code(Object.keys(limits.shape))} |`,
    `| metrics | ${code(metrics)} |`,
    ...modes.map((mode) => `| opens in ${mode} mode | ${opens[mode].join('; ')} |`),
    '',
  ].join('\n');
}
