import type { ViewState } from '../history.ts';
import type { Snapshot, Spell } from '../snapshot-schema.ts';
import { clockTime, integer, lasted } from './format.ts';
import { Chip, Panel, Scroll, Waiting } from './panel.tsx';

/** Whether it trades, and if not, since when and on what evidence; what ended lately, and what risk refused. */
export function Planner({ view, stale }: { readonly view: ViewState; readonly stale: boolean }) {
  const snapshot = view.runtime?.snapshot;
  if (snapshot === undefined) {
    return (
      <Panel id="planner" title="Planner">
        <Waiting>Waiting for the runtime: it says here whether it trades, and if not, why.</Waiting>
      </Panel>
    );
  }
  const active = disablesOf(snapshot);
  return (
    <Panel id="planner" title="Planner" stale={stale} aside={<TradingChip snapshot={snapshot} />}>
      {active.length === 0 ? (
        <p class="sentence">No reason against trading. {integer(snapshot.decisions)} decisions so far.</p>
      ) : (
        <Scroll label="Active disables">
          <table>
            <caption class="hidden">Why the planner does not trade now</caption>
            <thead>
              <tr>
                <th scope="col">reason</th>
                <th scope="col">where</th>
                <th scope="col">since</th>
                <th scope="col">evidence</th>
              </tr>
            </thead>
            <tbody>
              {active.map(({ scope, spell }) => (
                <tr key={`${scope} ${spell.reason}`}>
                  <th scope="row">
                    <code>{spell.reason}</code>
                  </th>
                  <td>{scope}</td>
                  <td class="num">
                    {clockTime(spell.sinceUs)}{' '}
                    {spell.sinceUs === 0 ? null : <span class="muted">({lasted(spell.sinceUs, snapshot.timeUs)})</span>}
                  </td>
                  <td class="long">{spell.evidence}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <h3>Ended lately</h3>
      <Ended history={snapshot.history} />
      <h3>Refused by risk</h3>
      <Denials denials={snapshot.denials} />
    </Panel>
  );
}

export interface ScopedSpell {
  readonly scope: string;
  readonly spell: Spell;
}

/** Active reasons of the whole planner first, then each symbol's. */
export function disablesOf(snapshot: Snapshot): readonly ScopedSpell[] {
  return [
    ...snapshot.disables.map((spell) => ({ scope: 'all', spell })),
    ...snapshot.symbols.flatMap(({ symbol, disables }) => disables.map((spell) => ({ scope: symbol, spell }))),
  ];
}

/** Trading, trading in part, or not at all. */
export function TradingChip({ snapshot }: { readonly snapshot: Snapshot }) {
  const off = snapshot.symbols.filter(({ disables }) => disables.length > 0).length;
  const all = snapshot.symbols.length;
  if (snapshot.disables.length > 0 || (off === all && all > 0)) return <Chip tone="bad">not trading</Chip>;
  if (off > 0)
    return (
      <Chip tone="warn">
        trading {all - off} of {all}
      </Chip>
    );
  return <Chip tone="good">trading</Chip>;
}

function Ended({ history }: { readonly history: Snapshot['history'] }) {
  if (history.length === 0) return <Waiting>No spell without trading has ended yet.</Waiting>;
  return (
    <Scroll label="Ended disables" tall>
      <table>
        <caption class="hidden">Spells without trading that ended, newest first</caption>
        <thead>
          <tr>
            <th scope="col">reason</th>
            <th scope="col">where</th>
            <th scope="col">from</th>
            <th scope="col">for</th>
            <th scope="col">evidence</th>
          </tr>
        </thead>
        <tbody>
          {history.toReversed().map(({ reason, symbol, evidence, sinceUs, untilUs }) => (
            <tr key={`${reason} ${symbol} ${sinceUs}`}>
              <th scope="row">
                <code>{reason}</code>
              </th>
              <td>{symbol ?? 'all'}</td>
              <td class="num">{clockTime(sinceUs)}</td>
              <td class="num">{lasted(sinceUs, untilUs)}</td>
              <td class="long">{evidence}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Denials({ denials }: { readonly denials: Snapshot['denials'] }) {
  const reasons = Object.entries(denials).sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return <Waiting>No order was refused.</Waiting>;
  return (
    <ul class="counts">
      {reasons.map(([reason, count]) => (
        <li key={reason}>
          <code>{reason}</code> <b class="num">{integer(count)}</b>
        </li>
      ))}
    </ul>
  );
}
