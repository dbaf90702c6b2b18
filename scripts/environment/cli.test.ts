import path from 'node:path';
import test from 'ava';
import { type CommonOptions, environmentCommand, parseOptions } from './cli.ts';

const stateOf = (...args: string[]) => parseOptions<CommonOptions>(environmentCommand('x', 'y'), args).state;

test('the state folder is absolute, given or not: Git runs elsewhere', (t) => {
  t.is(stateOf(), path.resolve('.emp'));
  t.is(stateOf('--state', 'some/where'), path.resolve('some/where'));
  t.is(stateOf('--state', '/some/where'), '/some/where');
});
