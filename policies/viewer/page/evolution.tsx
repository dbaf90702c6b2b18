import { useMemo } from 'preact/hooks';
import type { ViewState } from '../history.ts';
import type { CandidateLine } from '../view.ts';
import { duration, usd } from './format.ts';
import { LossCurve } from './loss-curve.tsx';
import { Chip, Panel, Scroll, Waiting } from './panel.tsx';
import { TimeChart } from './time-chart.tsx';

const TONES = { running: 'busy', alive: 'good', dropped: 'calm', champion: 'good' } as const;

/** How far evolution is, what its best earns, and who is alive. */
export function Evolution({ view }: { readonly view: ViewState }) {
  const { generations, phase } = view;
  const at = useMemo(() => generations.map(({ generation }) => generation), [generations]);
  const lines = useMemo(
    () => [
      { label: 'best', colour: 'accent', width: 2, values: generations.map(({ best }) => best) },
      { label: 'spread', colour: 'muted', dash: [4, 3], values: generations.map(({ spread }) => spread) },
    ],
    [generations],
  );
  const latest = generations.at(-1);
  if (latest === undefined) {
    return (
      <Panel id="evolution" title="Evolution">
        <Waiting>
          {phase === null || phase.phase === 'evolving' ? (
            'Waiting for the first generation.'
          ) : (
            <>
              Nothing evolved in this run: it found a policy and goes on with it. <code>npm run reset</code>, then{' '}
              <code>npm run up</code>, begins anew.
            </>
          )}
        </Waiting>
      </Panel>
    );
  }
  const evolving = phase?.phase === 'evolving';
  return (
    <Panel
      id="evolution"
      title="Evolution"
      aside={
        <span class="muted num">
          generation {latest.generation} of {latest.generations}
          {evolving && latest.etaSeconds !== null ? `, about ${duration(latest.etaSeconds * 1e6)} left` : ''}
        </span>
      }
    >
      <progress
        aria-label={`Generation ${latest.generation} of ${latest.generations}`}
        value={latest.generation + 1}
        max={latest.generations + 1}
      />
      <dl class="figures small">
        <div>
          <dt>
            <i class="swatch accent" /> best score
          </dt>
          <dd class="num">{usd(latest.best)}</dd>
        </div>
        <div>
          <dt>
            <i class="swatch muted-line" /> spread
          </dt>
          <dd class="num">{usd(latest.spread)}</dd>
        </div>
        <div>
          <dt>candidates shown</dt>
          <dd class="num">{latest.candidates.length}</dd>
        </div>
      </dl>
      <TimeChart
        label={`Best score and spread by generation, USD per slice; best now ${usd(latest.best)}`}
        at={at}
        lines={lines}
        isTime={false}
        axis={usd}
      />
      <Candidates candidates={latest.candidates} />
    </Panel>
  );
}

function Candidates({ candidates }: { readonly candidates: readonly CandidateLine[] }) {
  if (candidates.length === 0) return <Waiting>No candidate has been evaluated in this generation.</Waiting>;
  return (
    <Scroll label="Candidates" tall>
      <table>
        <caption class="hidden">Candidates of the latest generation, best first</caption>
        <thead>
          <tr>
            <th scope="col">candidate</th>
            <th scope="col" class="num">
              score
            </th>
            <th scope="col">state</th>
            <th scope="col">loss, nats a label</th>
            <th scope="col">came about by</th>
            <th scope="col">parents</th>
          </tr>
        </thead>
        <tbody>
          {candidates.map(({ digest12, score, status, curve, mutation, parents }) => (
            <tr key={digest12}>
              <th scope="row">
                <code>{digest12}</code>
              </th>
              <td class="num">{usd(score)}</td>
              <td>
                <Chip tone={TONES[status]}>{status}</Chip>
              </td>
              <td class="num">
                <LossCurve losses={curve} />
              </td>
              <td class="long">{mutation}</td>
              <td>
                {parents.map((parent) => (
                  <code key={parent}>{parent} </code>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
