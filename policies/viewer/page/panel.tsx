import type { ComponentChildren } from 'preact';

export interface PanelProps {
  readonly id: string;
  readonly title: string;
  /** Short, beside the title. */
  readonly aside?: ComponentChildren;
  /** Greyed: what it shows is the last that was heard. */
  readonly stale?: boolean;
  readonly children: ComponentChildren;
}

export function Panel({ id, title, aside, stale = false, children }: PanelProps) {
  return (
    <section id={id} class={`panel ${id}`} aria-labelledby={`${id}-title`} data-stale={stale} tabIndex={-1}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        <div class="aside">{aside}</div>
      </header>
      {children}
    </section>
  );
}

/** What a panel waits for, and what brings it. */
export function Waiting({ children }: { readonly children: ComponentChildren }) {
  return <p class="waiting">{children}</p>;
}

/** A table that scrolls inside its panel instead of widening the page. */
export function Scroll({
  label,
  tall = false,
  children,
}: {
  label: string;
  tall?: boolean;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class={tall ? 'scroll tall' : 'scroll'} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

export type Tone = 'good' | 'bad' | 'warn' | 'calm' | 'busy';

/** A state as a word with a colour; the word alone says it. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return <span class={`chip ${tone}`}>{children}</span>;
}
