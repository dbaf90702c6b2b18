import { useEffect, useRef } from 'preact/hooks';

/** Panels by the key that goes to them. */
export const PANEL_KEYS: Readonly<Record<string, string>> = {
  m: 'market',
  p: 'profit',
  x: 'fills',
  f: 'forecasts',
  d: 'planner',
  c: 'policy',
  g: 'gates',
  e: 'evolution',
};

export interface ShortcutActions {
  /** 0-based; a number beyond the last symbol does nothing. */
  selectSymbol(index: number): void;
  /** +1: the next, −1: the one before; wraps. */
  stepSymbol(by: number): void;
  nextTheme(): void;
  help(): void;
}

/** Single keys, never with a modifier and never while something is typed into or a dialog is open. */
export function useShortcuts(actions: ShortcutActions): void {
  // The listener stays while the actions change with every picture: a key never meets those of an older one.
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if ((event.target as Element).closest('dialog, input, textarea, select') !== null) return;
      if (act(event.key, latest.current)) event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function act(key: string, actions: ShortcutActions): boolean {
  const panel = PANEL_KEYS[key];
  if (panel !== undefined) {
    const element = document.getElementById(panel);
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: 'start' });
  } else if (/^[1-9]$/.test(key)) actions.selectSymbol(Number(key) - 1);
  else if (key === '[') actions.stepSymbol(-1);
  else if (key === ']') actions.stepSymbol(1);
  else if (key === 't') actions.nextTheme();
  else if (key === '?') actions.help();
  else return false;
  return true;
}
