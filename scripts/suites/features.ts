/** `node scripts/suites/features.ts [CASE]`: the causality gate on features that others wrote, sound ones and leaks of every kind. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { causality } from '../../gates/causality.ts';
import type { Candidate } from '../../gates/gate.ts';
import { leaks, soundModules } from '../../gates/planted-leaks.ts';
import { plant } from '../../gates/planted-policy.ts';
import { contextOf } from '../../gates/testing.ts';
import { features as served } from '../../runtime/features/index.ts';
import { hold, inFolder, Suite } from './suite.ts';

const suite = new Suite(process.argv[2]);

function folderWith(folder: string, modules: readonly string[]): string {
  const features = path.join(folder, 'features');
  mkdirSync(features);
  for (const [i, source] of modules.entries()) writeFileSync(path.join(features, `planted-${i}.mjs`), source);
  return features;
}

function candidateIn(folder: string): Candidate {
  const directory = path.join(folder, 'policy');
  mkdirSync(directory);
  return plant(directory);
}

/** Folders whose features know nothing of the future. */
const sound: Readonly<Record<string, (folder: string) => string>> = {
  "the product's whole catalogue": () => path.resolve(import.meta.dirname, '../../runtime/features/set'),
  'others that look like leaks and are none': (folder) => folderWith(folder, Object.values(soundModules)),
};
for (const [name, features] of Object.entries(sound)) {
  await suite.check(`causality passes ${name}`, () =>
    inFolder(async (folder) => {
      const verdict = await causality.run(candidateIn(folder), contextOf({ features: features(folder) }));
      hold(verdict.status === 'passed', verdict.because);
      hold((verdict.measured['features'] as number) > served.length, verdict.because);
    }),
  );
}

for (const [name, source] of Object.entries(leaks)) {
  await suite.check(`causality catches: ${name}`, () =>
    inFolder(async (folder) => {
      const features = folderWith(folder, [source]);
      const verdict = await causality.run(candidateIn(folder), contextOf({ features }));
      hold(verdict.status === 'failed', verdict.because);
      hold(verdict.because.startsWith('feature "planted" looks ahead: on '), verdict.because);
    }),
  );
}

process.exitCode = suite.end();
