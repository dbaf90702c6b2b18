/** A measured figure in a document, against the file that a measuring command wrote. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../../runtime/evidence/problem.ts';
import { thresholds } from '../thresholds.ts';

/** @param argument `FILE NAME`: the figure of this name in a file of `npm run bench`; some number of the text must be its median */
export function checkFigure(text: string, argument: string, checkout: string): Omit<Problem, 'subject'> | undefined {
  const [file = '', name = ''] = argument.split(' ');
  const absolute = path.join(checkout, file);
  if (!existsSync(absolute))
    return { problem: 'rests on a file that does not exist', actual: file, allowed: 'a file of figures' };
  const { figures } = JSON.parse(readFileSync(absolute, 'utf8')) as { figures: { name: string; median: number }[] };
  const figure = figures.find((one) => one.name === name);
  if (figure === undefined) {
    return {
      problem: `rests on a figure that ${file} does not have`,
      actual: name,
      allowed: figures.map((one) => one.name).join(', '),
    };
  }
  const { figureDifferenceShareMax } = thresholds.truth;
  const close = (told: number): boolean =>
    Math.abs(told - figure.median) <= figureDifferenceShareMax * Math.abs(figure.median);
  const told = numbersIn(text);
  if (told.some(close)) return undefined;
  return {
    problem: `tells another figure than ${file}`,
    actual: told.join(', ') || 'no number',
    allowed: `${name}: ${figure.median}`,
  };
}

/** Numbers of a text; `1,234.5`, `2 million` and `3 thousand` are one number each. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?:\s+(million|thousand))?/g)].map(([, digits, scale]) => {
    const factor = scale === 'million' ? 1e6 : scale === 'thousand' ? 1e3 : 1;
    return Number((digits as string).replaceAll(',', '')) * factor;
  });
}
