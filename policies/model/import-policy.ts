/** A policy from a model that was trained elsewhere: held to the contract of its inputs and outputs, then written. */
import { readFileSync } from 'node:fs';
import { InputError } from '../../runtime/boot/documents.ts';
import { Engine, tensor } from '../../runtime/inference/engine.ts';
import { checkModel, zeroStates } from '../../runtime/inference/model-contract.ts';
import { Random } from '../../runtime/random.ts';
import { stepOfSequence } from './step-of-sequence.ts';

export interface ImportedModels {
  readonly sequence: Uint8Array;
  readonly step: Uint8Array;
  /** Largest difference of a forecast between the two, on rows that were drawn. */
  readonly formDifference: number;
}

const ROWS = 40;
/** Ten times the rounding between two ways of computing one recurrence in 32 bits. */
const FORM_DIFFERENCE_MAX = 1e-3;

/**
 * Takes a sequence model, `features` (B, T, F) and `state_i` (B, …) → `forecast` (B, T, horizons, 2) and `next_state_i`,
 * B and T free, and a step model of the same weights; without one, the sequence model is wrapped as one.
 *
 * @throws InputError naming the file and what is missing or different
 */
export function importModels(
  file: string,
  stepFile: string | undefined,
  features: number,
  horizons: number,
): ImportedModels {
  const sequence = read(file);
  const sequenceEngine = opened(file, sequence);
  const ports = asInput(() => checkModel(sequenceEngine, { subject: file, features, horizons, leadingAxes: 2 }));
  const step = stepFile === undefined ? stepOfSequence(sequence, features, horizons) : read(stepFile);
  const subject = stepFile ?? `${file} as a step`;
  const stepEngine = opened(subject, step);
  const stepPorts = asInput(() => checkModel(stepEngine, { subject, features, horizons, leadingAxes: 1 }));
  if (JSON.stringify(stepPorts) !== JSON.stringify(ports)) {
    const shapes = (of: typeof ports) => of.states.map((shape) => `[${shape}]`).join(' ') || 'none';
    throw new InputError(`${subject}: its states are ${shapes(stepPorts)}, those of ${file} are ${shapes(ports)}`);
  }

  const random = Random.of('import', features);
  const rows = Float32Array.from({ length: ROWS * features }, () => random.gaussian());
  const named = (prefix: string, states: ReturnType<typeof zeroStates>) =>
    Object.fromEntries(states.map((state, i) => [`${prefix}${i}`, state]));
  const whole = sequenceEngine.run(
    { features: tensor(rows, [1, ROWS, features]), ...named('state_', zeroStates(ports, 1)) },
    { forecast: null },
  )['forecast']?.data as Float32Array;
  if (!whole.every(Number.isFinite)) throw new InputError(`${file}: a forecast of drawn rows is not finite`);
  let states = zeroStates(ports, 1);
  let worst = 0;
  for (let row = 0; row < ROWS; row++) {
    const results = stepEngine.run(
      { features: tensor(rows.slice(row * features, (row + 1) * features), [1, features]), ...named('state_', states) },
      Object.fromEntries([['forecast', null], ...states.map((_, i) => [`next_state_${i}`, null])]),
    );
    const found = results['forecast']?.data as Float32Array;
    for (let i = 0; i < found.length; i++) {
      const gap = Math.abs((found[i] as number) - (whole[row * found.length + i] as number));
      worst = Math.max(worst, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
    }
    states = states.map((_, i) => results[`next_state_${i}`] as (typeof states)[number]);
  }
  sequenceEngine.dispose();
  stepEngine.dispose();
  if (worst > FORM_DIFFERENCE_MAX) {
    throw new InputError(
      `${subject}: row by row it forecasts something else than ${file} over a series (${worst}), at most ${FORM_DIFFERENCE_MAX} is allowed`,
    );
  }
  return { sequence, step, formDifference: worst };
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new InputError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? cause})`, { cause });
  }
}

function opened(subject: string, model: Uint8Array): Engine {
  return asInput(() => {
    try {
      return new Engine(model);
    } catch (cause) {
      throw new Error((cause as Error).message.replace(/^a model of \d+ bytes/, subject), { cause });
    }
  });
}

/** What is wrong with a model from outside is bad input. */
function asInput<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new InputError((cause as Error).message, { cause });
  }
}
