import { useEffect, useState } from 'preact/hooks';

export type Theme = 'auto' | 'light' | 'dark';

const ORDER: readonly Theme[] = ['auto', 'light', 'dark'];
const KEY = 'emp-theme';
const listeners = new Set<() => void>();
const dark = window.matchMedia('(prefers-color-scheme: dark)');
let probe: HTMLElement | undefined;
let cache = new Map<string, string>();

function changed(): void {
  cache = new Map();
  for (const listener of listeners) listener();
}

function stored(): Theme {
  const theme = window.localStorage.getItem(KEY);
  return ORDER.find((known) => known === theme) ?? 'auto';
}

function apply(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  changed();
}

dark.addEventListener('change', changed);
apply(stored());

/** The chosen theme and a function that goes on to the next: as the system says, light, dark. */
export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState(stored);
  const next = () => {
    const following = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] as Theme;
    window.localStorage.setItem(KEY, following);
    apply(following);
    setTheme(following);
  };
  return [theme, next];
}

/** Draws again when colours change; canvases do not follow style sheets by themselves. */
export function useColours(): number {
  const [generation, setGeneration] = useState(0);
  useEffect(() => {
    const listener = () => setGeneration((before) => before + 1);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return generation;
}

/** The colour of a custom property now, for canvases: colour("bid") is what `var(--bid)` shows. */
export function colour(name: string): string {
  let value = cache.get(name);
  if (value === undefined) {
    if (probe === undefined) {
      probe = document.createElement('span');
      probe.hidden = true;
      document.body.append(probe);
    }
    probe.style.color = `var(--${name})`;
    value = getComputedStyle(probe).color;
    cache.set(name, value);
  }
  return value;
}
