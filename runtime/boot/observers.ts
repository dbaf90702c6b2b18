import type { RuntimeObserver } from '../runtime.ts';

type Callback = (...args: never[]) => void;

/** One observer that tells several, in order; a callback that none has is absent, so that nothing is measured for nobody. */
export function joined(...observers: readonly RuntimeObserver[]): RuntimeObserver {
  const names = new Set(observers.flatMap((observer) => Object.keys(observer))) as Set<keyof RuntimeObserver>;
  const entries = [...names].map((name) => {
    const callbacks = observers.flatMap((observer) =>
      observer[name] === undefined ? [] : [observer[name] as Callback],
    );
    return [
      name,
      (...args: never[]) => {
        for (const callback of callbacks) callback(...args);
      },
    ];
  });
  return Object.fromEntries(entries);
}
