import { InvalidArgumentError } from 'commander';

/** An option's parser: how often something is repeated. */
export function wholeNumberFrom(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`a whole number from ${least} is allowed.`);
  };
}
