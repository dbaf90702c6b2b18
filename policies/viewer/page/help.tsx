import { useLayoutEffect, useRef } from 'preact/hooks';
import { PANEL_KEYS } from './shortcuts.ts';

const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['1 … 9', 'show that symbol'],
  ['[ ]', 'symbol before, symbol after'],
  ['← →', 'the same, on the symbol tabs'],
  ...Object.entries(PANEL_KEYS).map(([key, panel]) => [key, `go to ${panel}`] as const),
  ['t', 'colours: as the system says, light, dark'],
  ['?', 'this list'],
  ['Esc', 'close it'],
];

export interface HelpProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/** The keys, in a dialog that takes the focus and gives it back. */
export function Help({ open, onClose }: HelpProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={onClose}>
      <header>
        <h2 id="help-title">Keyboard</h2>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </header>
      <dl class="keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
