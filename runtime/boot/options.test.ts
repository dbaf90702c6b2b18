import test from 'ava';
import { boundaries } from '../contract.ts';
import { bootOptions, USAGE } from './options.ts';

const refuses = test.macro({
  exec(t, args: string[], message: string) {
    t.throws(() => bootOptions(args), { message });
  },
  title: (name) => `refuses ${name}`,
});
const trial = ['--paper-mode', '--config', 'c', '--limits', 'l'];

test(
  'no mode',
  refuses,
  ['--config', 'c', '--limits', 'l'],
  'runtime: mode is not clear (neither is given), exactly one of --paper-mode and --live-mode is allowed',
);
test(
  'both modes',
  refuses,
  [...trial, '--live-mode'],
  'runtime: mode is not clear (both are given), exactly one of --paper-mode and --live-mode is allowed',
);
test(
  'a trial in live mode',
  refuses,
  ['--live-mode', '--config', 'c', '--limits', 'l'],
  "runtime: --config is a trial's flag, with live mode it is not allowed",
);
test(
  'a trial of a deployment',
  refuses,
  [...trial, '--deployment', 'd'],
  "runtime: --config is a trial's flag, with a deployment it is not allowed",
);
test(
  'nothing to trade',
  refuses,
  ['--paper-mode'],
  'runtime: nothing says what to trade, --deployment or --config with --limits is required; see --help',
);
test('an unknown flag', refuses, [...trial, '--yolo'], "runtime: Unknown option '--yolo'; see --help");
test(
  'a port that is none',
  refuses,
  [...trial, '--venue-port', '70000'],
  'runtime: --venue-port is "70000", an integer from 0 to 65535 is allowed',
);
test(
  'a negative port',
  refuses,
  [...trial, '--http-port=-1'],
  'runtime: --http-port is "-1", an integer from 0 to 65535 is allowed',
);

test('reads a trial', (t) => {
  t.like(bootOptions([...trial, '--policy', 'p', '--venue-port', '9']), {
    mode: 'paper',
    config: 'c',
    policy: 'p',
    venuePort: 9,
    state: '.emp/runtime',
  });
});

test('the usage text and the published boundaries name the same flags', (t) => {
  const inText = new Set(USAGE.match(/--[a-z][a-z-]+/g));
  t.deepEqual([...inText].sort(), [...boundaries.flags].sort());
});
