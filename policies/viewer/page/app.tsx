import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { useWatched, type Watched } from './connection.ts';
import { Evolution } from './evolution.tsx';
import { Fills } from './fills.tsx';
import { Forecasts } from './forecasts.tsx';
import { shortDigest, wallTime } from './format.ts';
import { Help } from './help.tsx';
import { Market } from './market.tsx';
import { Overview } from './overview.tsx';
import { Chip } from './panel.tsx';
import { Planner } from './planner.tsx';
import { Gates, Policy } from './policy.tsx';
import { Profit } from './profit.tsx';
import { useShortcuts } from './shortcuts.ts';
import { useTheme } from './theme.ts';

export function App() {
  const watched = useWatched();
  const [theme, nextTheme] = useTheme();
  const [helping, setHelping] = useState(false);
  const [symbol, setSymbol] = useState<string>();
  const { view } = watched;
  const symbols = view.runtime?.snapshot.symbols.map(({ symbol: name }) => name) ?? [];
  const selected = Math.max(0, symbol === undefined ? 0 : symbols.indexOf(symbol));
  const select = (index: number) => setSymbol((before) => symbols[index] ?? before);
  useShortcuts({
    selectSymbol: select,
    stepSymbol: (by) => select((selected + by + symbols.length) % symbols.length),
    nextTheme,
    help: () => setHelping(true),
  });
  const pageAway = watched.awaySinceUs !== null;
  const stale = pageAway || view.link?.state === 'away';
  // What is happening comes first: how a policy is born until one trades, the trading from then on.
  const birth = (
    <Fragment key="birth">
      <Evolution view={view} />
      <Gates view={view} />
      <Policy view={view} />
    </Fragment>
  );
  const trade = (
    <Fragment key="trade">
      <div class="stack wide">
        <Market view={view} stale={stale} selected={selected} onSelect={select} />
        <Fills view={view} stale={stale} />
      </div>
      <div class="stack">
        <Profit view={view} stale={stale} />
        <Planner view={view} stale={stale} />
        <Forecasts view={view} stale={stale} />
      </div>
    </Fragment>
  );
  return (
    <>
      <a class="skip" href="#market">
        Skip to the market
      </a>
      <header class="top">
        <h1>
          EMP <span>Evolving Market Predator</span>
        </h1>
        <Slot watched={watched} />
        <div class="buttons">
          <button type="button" onClick={nextTheme}>
            Colours: {theme}
          </button>
          <button type="button" aria-label="Keyboard shortcuts" onClick={() => setHelping(true)}>
            ?
          </button>
        </div>
      </header>
      <Away watched={watched} />
      <main data-away={pageAway}>
        <Overview view={view} stale={stale} />
        <div class="panels">{view.runtime === null ? [birth, trade] : [trade, birth]}</div>
      </main>
      <Help open={helping} onClose={() => setHelping(false)} />
    </>
  );
}

/** Mode, environment and policy of the runtime that is watched. */
function Slot({ watched }: { readonly watched: Watched }) {
  const { runtime, link } = watched.view;
  const snapshot = runtime?.snapshot;
  const connected = watched.awaySinceUs === null && link?.state === 'connected';
  return (
    <p class="slot">
      <Chip tone={connected ? 'good' : 'warn'}>
        {connected ? 'connected' : snapshot === undefined ? 'waiting' : 'away'}
      </Chip>
      {snapshot === undefined ? null : (
        <>
          <Chip tone={snapshot.mode === 'live' ? 'bad' : 'calm'}>{snapshot.mode}</Chip>
          <span>{snapshot.environment}</span>
          {snapshot.policyDigest === null ? <span>no policy</span> : <code>{shortDigest(snapshot.policyDigest)}</code>}
        </>
      )}
    </p>
  );
}

/** Says that the picture is old, since when, and what brings the next. */
function Away({ watched }: { readonly watched: Watched }) {
  const { awaySinceUs, heard, view } = watched;
  if (awaySinceUs !== null) {
    return (
      <p class="away" role="alert">
        {heard ? (
          <>
            <b>The page’s server is away since {wallTime(awaySinceUs)}.</b> This is the last picture it sent. It is
            tried again every second; <code>npm run up</code> starts it.
          </>
        ) : (
          <>
            <b>The page’s server does not answer.</b> <code>npm run up</code> starts it.
          </>
        )}
      </p>
    );
  }
  if (view.link?.state !== 'away') return null;
  return (
    <p class="away" role="alert">
      <b>The runtime is away since {wallTime(view.link.sinceUs)}.</b>{' '}
      {view.runtime === null ? 'Nothing was heard of it yet.' : 'What is greyed is the last picture it sent.'} It is
      tried again twice a second. <span class="muted">({view.link.because})</span>
    </p>
  );
}
