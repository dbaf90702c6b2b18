import type { ComponentChildren } from 'preact';
import type { ViewState } from '../history.ts';
import type { Phase } from '../view.ts';
import { dateTime, integer, money, UNKNOWN } from './format.ts';
import { Chip } from './panel.tsx';
import { TradingChip } from './planner.tsx';
import { toneOf } from './profit.tsx';

const STEPS: readonly { readonly phase: Phase['phase']; readonly name: string }[] = [
  { phase: 'evolving', name: 'Evolve' },
  { phase: 'gating', name: 'Gate' },
  { phase: 'promoting', name: 'Promote' },
  { phase: 'syncing', name: 'Sync' },
  { phase: 'trading', name: 'Trade' },
];

/** Where the loop is, in one sentence, and the figures one looks at first. */
export function Overview({ view, stale }: { readonly view: ViewState; readonly stale: boolean }) {
  return (
    <section class="overview" aria-label="Overview">
      <Steps phase={view.phase} />
      <Figures view={view} stale={stale} />
    </section>
  );
}

function Steps({ phase }: { readonly phase: Phase | null }) {
  const at = STEPS.findIndex((step) => step.phase === phase?.phase);
  return (
    <div class="loop">
      <ol class="steps">
        {STEPS.map(({ phase: name, name: word }, i) => (
          <li key={name} class={i < at ? 'done' : ''} {...(i === at ? { 'aria-current': 'step' as const } : {})}>
            {word}
          </li>
        ))}
        {phase?.phase === 'refused' ? (
          <li class="refused" aria-current="step">
            Refused
          </li>
        ) : null}
        {phase?.phase === 'stopped' ? <li aria-current="step">Stopped</li> : null}
      </ol>
      <p class="note" aria-live="polite">
        {phase === null ? (
          <>
            Waiting for the loop to begin: <code>npm run up</code>
          </>
        ) : (
          phase.note
        )}
      </p>
    </div>
  );
}

function Figures({ view, stale }: { readonly view: ViewState; readonly stale: boolean }) {
  const snapshot = view.runtime?.snapshot;
  return (
    <dl class="figures" data-stale={stale}>
      <Figure name="total PnL" tone={toneOf(snapshot?.pnl.total ?? 0)}>
        {snapshot === undefined ? UNKNOWN : money(snapshot.pnl.total)}
      </Figure>
      <Figure name="fills">{snapshot === undefined ? UNKNOWN : integer(snapshot.fillCount)}</Figure>
      <Figure name="decisions">{snapshot === undefined ? UNKNOWN : integer(snapshot.decisions)}</Figure>
      <Figure name="planner">{snapshot === undefined ? UNKNOWN : <TradingChip snapshot={snapshot} />}</Figure>
      <Figure name="venue session">
        {snapshot === undefined ? (
          UNKNOWN
        ) : (
          <Chip tone={snapshot.session === 'up' ? 'good' : 'bad'}>{snapshot.session}</Chip>
        )}
      </Figure>
      <Figure name="position">
        {snapshot === undefined ? (
          UNKNOWN
        ) : (
          <Chip tone={snapshot.positionKnown ? 'good' : 'bad'}>{snapshot.positionKnown ? 'known' : 'unknown'}</Chip>
        )}
      </Figure>
      <Figure name="event time, UTC">{snapshot === undefined ? UNKNOWN : dateTime(snapshot.timeUs)}</Figure>
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly tone?: string;
  readonly children: ComponentChildren;
}

function Figure({ name, tone = '', children }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={`num ${tone}`}>{children}</dd>
    </div>
  );
}
